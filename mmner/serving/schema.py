"""What `/openapi.json` says about `/predict`."""

TEXT = dict(type='string')
ENTITY = dict(type='object', required=['label', 'start', 'end', 'text', 'score'], properties=dict(
    label=dict(type='string'), start=dict(type='integer', description='offset of the first character (code point)'),
    end=dict(type='integer', description='offset behind the last character'), text=TEXT,
    score=dict(type='number', minimum=0, maximum=1),
    fragments=dict(description='[start, end] of each stretch of a discontinuous entity; absent where it has one',
                   type='array', items=dict(type='array', items=dict(type='integer')))))
PREDICTION = dict(type='object', required=['text', 'entities'],
                  properties=dict(text=TEXT, entities=dict(type='array', items=ENTITY)))
RESULTS = dict(type='object', required=['results'], properties=dict(results=dict(type='array', items=PREDICTION)))
SCORE = dict(type='number', minimum=0, maximum=1)
THRESHOLD = dict(description='The least score of an entity: for all labels, or for some of them.',
                 oneOf=[SCORE, dict(type='object', additionalProperties=SCORE), dict(type='null')])
REQUEST = dict(oneOf=[
    dict(type='object', required=['text'], additionalProperties=False,
         properties=dict(text=TEXT, threshold=THRESHOLD), example=dict(text='王伟在北京大学')),
    dict(type='object', required=['texts'], additionalProperties=False,
         properties=dict(texts=dict(type='array', items=TEXT), threshold=THRESHOLD),
         example=dict(texts=['王伟在北京大学', '他走了。'], threshold=0.5))])
FAILURE = dict(type='object', required=['detail'], properties=dict(detail=dict(type='string')))
FAILURES = {400: 'not JSON', 401: 'no or a wrong key in "Authorization: Bearer KEY" or "X-API-Key: KEY"',
            408: 'the body came too slowly', 413: 'the body is too large',
            422: 'not what was expected, or too many or too long texts', 429: 'too many texts of this client wait',
            500: 'the model failed on a text', 503: 'the queue is full, or the server is stopping'}


def in_json(schema: dict) -> dict:
    return {'application/json': dict(schema=schema)}


PREDICT = dict(
    requestBody=dict(required=True, content=in_json(REQUEST)),
    responses={200: dict(description='a prediction for "text", {"results": [...]} for "texts"',
                         content=in_json(dict(oneOf=[PREDICTION, RESULTS])))} |
              {status: dict(description=reason, content=in_json(FAILURE)) for status, reason in FAILURES.items()})
