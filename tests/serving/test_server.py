"""The server as its users meet it: a process, sockets, the real model."""
import asyncio
import json
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import sleep

import pytest

pytest.importorskip('fastapi')
pytest.importorskip('uvicorn')
pytest.importorskip('prometheus_client')
httpx = pytest.importorskip('httpx')

from tests.runs import forked, run_script  # noqa: E402
from tests.serving.servers import forked_server, running, serve_moody, wait_for  # noqa: E402

MOODY = 'import sys; from tests.serving.servers import serve_moody; serve_moody(sys.argv[1], max_batch_tokens=1)'
HEAD = b'POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n'


@pytest.fixture(scope='module')
def server(small_model):
    with running('tools/serve.py', small_model, '--port', 0) as server:
        yield server


@pytest.fixture(scope='module')
def limited(small_model):
    """A server with a moody model and limits that tests can reach."""
    limits = dict(max_body=20_000, max_texts=5, max_characters=1000, max_queue=2020, body_seconds=2)
    with forked_server(partial(serve_moody, **limits), small_model) as server:
        yield server


def same(answer: dict, prediction) -> bool:
    """Whether an answer is the prediction; a score may differ by how a batch was composed."""
    expected = prediction.to_dict()
    spans = [[(row['label'], row['start'], row['end'], row['text']) for row in record['entities']]
             for record in (answer, expected)]
    return answer['text'] == expected['text'] and spans[0] == spans[1] and \
        all(abs(one['score'] - other['score']) < 1e-4
            for one, other in zip(answer['entities'], expected['entities'], strict=True))


def test_answers_are_the_inferencers(server, inferencer, texts):
    one = server.post(dict(text=texts[0]))
    many = server.post(dict(texts=[*texts[:20], '', 'a b\r\n\0']))
    assert one.status_code == many.status_code == 200
    assert one.json()['entities'] and same(one.json(), inferencer(texts[0]))
    expected = inferencer([*texts[:20], '', 'a b\r\n\0'])
    assert all(map(same, many.json()['results'], expected)) and len(many.json()['results']) == 22
    assert server.post(dict(texts=[])).json() == dict(results=[])


def test_concurrent_requests_each_get_their_own_answer(server, inferencer, texts):
    own = [f'{number}号，{texts[number % 60]}' for number in range(200)]
    expected = inferencer(own)
    batches = server.metric('mmner_batch_texts_count')

    async def ask():
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(client.post('/predict', json=dict(text=text)) for text in own))

    answers = [answer.json() for answer in asyncio.run(ask())]
    assert all(map(same, answers, expected)) and [answer['text'] for answer in answers] == own
    assert server.metric('mmner_batch_texts_count') - batches < 150     # they shared batches


def test_a_threshold_is_for_its_request_alone(server, inferencer, texts):
    predictions = inferencer(texts[:20])
    scores = sorted(entity.score for prediction in predictions for entity in prediction.entities)
    middle = scores[len(scores) // 2] + 1e-5
    for threshold, kept in ((middle, sum(score > middle for score in scores)), (None, len(scores))):
        results = server.post(dict(texts=texts[:20], threshold=threshold)).json()['results']
        assert sum(len(result['entities']) for result in results) == kept
    by_label = server.post(dict(texts=texts[:20], threshold=dict(name=1.0))).json()['results']
    labels = [row['label'] for result in by_label for row in result['entities']]
    assert labels == [entity.label for prediction in predictions for entity in prediction.entities
                      if entity.label != 'name'] != []


def test_a_lone_surrogate_comes_back_and_a_byte_order_mark_is_dropped(server):
    answer = httpx.post(f'{server.url}/predict', content=b'\xef\xbb\xbf{"text": "\\ud800\xe7\x8e\x8b"}')
    assert answer.status_code == 200 and json.loads(answer.content)['text'] == '\ud800王'


@pytest.mark.parametrize(('body', 'status', 'reason'), [
    (b'{"text": "\xed\xa0\xbd\xed\xb8\x80"}', 400, 'not JSON'),
    (b'', 400, 'not JSON'), (b'{', 400, 'not JSON'), (b'\xff{}', 400, 'not JSON'), (b'[' * 15_000, 400, 'not JSON'),
    (b'{"text": "a", "text": "b"}', 400, "the key 'text' stands twice"),
    (b'[]', 422, 'expected'), (b'{"text": 1}', 422, 'must be a string'), (b'{"texts": ["a", null]}', 422, 'must be'),
    (b'{"text": "a", "texts": []}', 422, 'expected'), (b'{"text": "a", "mode": 1}', 422, "unknown key 'mode'"),
    (b'{"text": "a", "threshold": 2}', 422, 'not a number from 0 to 1'),
    (b'{"text": "a", "threshold": NaN}', 422, 'not a number from 0 to 1'),
    (b'{"text": "a", "threshold": true}', 422, 'not a number from 0 to 1'),
    (b'{"text": "a", "threshold": {"name": true}}', 422, 'not a number from 0 to 1'),
    (b'{"text": "a", "threshold": [0.5]}', 422, 'not a number from 0 to 1'),
    (b'{"text": "a", "threshold": {"\\ud800": 0.5}}', 422, 'unknown label'),
    (b'{"texts": ["", "", "", "", "", ""]}', 422, '6 texts; a request may have 5'),
    (json.dumps(dict(text='a' * 1001)).encode(), 422, '1001 characters; a request may have 1000'),
    (b' ' * 20_001, 413, 'larger than 20000 bytes')])
def test_what_is_refused(limited, body, status, reason):
    answer = httpx.post(f'{limited.url}/predict', content=body)
    assert answer.status_code == status and reason in answer.json()['detail']


def test_a_body_without_length_is_checked_while_it_is_read(limited):
    for spaces, status in ((19_988, 200), (19_989, 413)):
        parts = (b'{"text": ', b' ' * spaces, b'"', b'"}')      # of an iterator httpx sends chunks, without length
        assert httpx.post(f'{limited.url}/predict', content=iter(parts)).status_code == status


def test_the_queue_is_full_for_a_client_and_for_all(limited, texts):
    def post(address: str, text: str):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=60) as client:
            return client.post(f'{limited.url}/predict', json=dict(text=text))

    with ThreadPoolExecutor(8) as pool:
        slow = pool.submit(post, '127.0.0.1', '慢')
        wait_for(lambda: limited.metric('mmner_batch_texts_count') and not limited.metric('mmner_queue_texts'))
        sleep(0.2)
        first = pool.submit(post, '127.0.0.1', '王' * 1000)
        second = pool.submit(post, '127.0.0.2', '王' * 1000)
        wait_for(lambda: limited.metric('mmner_queue_characters') == 2004)
        greedy, late = post('127.0.0.1', 'abcdefgh'), post('127.0.0.3', 'a' * 15)
        assert (greedy.status_code, late.status_code) == (429, 503)
        assert greedy.headers['Retry-After'] and late.headers['Retry-After']
        assert post('127.0.0.3', 'a' * 14).status_code == 200       # 2004 + 14 + 2 just fits
        assert [job.result().status_code for job in (slow, first, second)] == [200] * 3
    assert limited.metric('mmner_queue_characters') == 0


def test_a_model_error_is_one_500(limited, inferencer, texts):
    with ThreadPoolExecutor(8) as pool:
        slow = pool.submit(limited.post, dict(text='慢'))
        sleep(0.3)          # the others gather into one batch
        asked = [pool.submit(limited.post, dict(text=text)) for text in (texts[0], '故障', texts[1])]
        mixed = pool.submit(limited.post, dict(texts=[texts[2], '故障', '']))
        answers = [job.result() for job in asked]
        assert [answer.status_code for answer in answers] == [200, 500, 200] and slow.result().status_code == 200
    assert same(answers[0].json(), inferencer(texts[0])) and same(answers[2].json(), inferencer(texts[1]))
    assert mixed.result().status_code == 500 and 'failed on text 2' in mixed.result().json()['detail']
    assert 'secret' not in answers[1].text
    assert limited.post(dict(text=texts[0])).status_code == 200


def test_slow_and_half_open_clients_block_nobody(limited, texts):
    host, port = limited.url.removeprefix('http://').split(':')
    connections = [socket.create_connection((host, int(port))) for _ in range(50)]
    for number, connection in enumerate(connections):
        if number % 2:
            connection.sendall(HEAD % 100 + b'{"text"')
        elif number % 4:
            connection.sendall(b'POST /predict HT')
    assert limited.post(dict(text=texts[0])).status_code == 200
    assert limited.metric('mmner_requests_total{status="408"}') == 0        # the others are still being waited for
    for connection in connections[1::2]:
        connection.settimeout(30)
        assert b' 408 ' in connection.recv(1000)
    for connection in connections:
        connection.close()
    wait_for(lambda: limited.metric('mmner_requests_total{status="408"}') == 25)


def test_texts_of_a_client_that_left_are_not_read(limited, texts):
    host, port = limited.url.removeprefix('http://').split(':')
    read, left = 'mmner_batch_texts_sum', 'mmner_requests_total{status="499"}'
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(limited.post, dict(text='慢'))
        sleep(0.3)
        before = limited.metric(read), limited.metric(left)
        for number in range(1, 6):
            with socket.create_connection((host, int(port))) as connection:
                body = json.dumps(dict(texts=texts[:5])).encode()
                connection.sendall(HEAD % len(body) + body)
                wait_for(lambda: limited.metric('mmner_queue_texts') == 5 * number)     # noqa: B023
        assert slow.result().status_code == 200
    wait_for(lambda: limited.metric('mmner_queue_texts') == 0)
    assert (limited.metric(read), limited.metric(left)) == (before[0], before[1] + 5)


def test_metrics_count(limited):
    expected = {'mmner_requests_total{status="200"}': 2, 'mmner_requests_total{status="422"}': 1,
                'mmner_request_seconds_count': 3, 'mmner_batch_texts_sum': 3, 'mmner_batch_characters_sum': 4}
    before = {name: limited.metric(name) for name in expected}
    for texts in (['王伟'], ['王', '伟'], ['a'] * 6):
        limited.post(dict(texts=texts))
    assert {name: limited.metric(name) - value for name, value in before.items()} == expected
    assert limited.metric('process_resident_memory_bytes') > 1e8


@pytest.mark.parametrize('secret', ['钥匙-1', 'voilà'])
def test_the_key(small_model, secret):
    """The last byte of à is a blank in Latin-1, the encoding of headers."""
    with forked_server(run_script, 'tools/serve.py', str(small_model), '--port', '0', MMNER_API_KEY=secret) as server:
        key = secret.encode()
        for headers, status in (
                ({}, 401), ({'X-API-Key': b'x'}, 401), ({'X-API-Key': key + b'2'}, 401), ({'X-API-Key': b'\xff'}, 401),
                ({'Authorization': b'Basic ' + key}, 401), ({'X-API-Key': key}, 200),
                ({'Authorization': b'Bearer x', 'X-API-Key': key}, 200),
                ({'Authorization': b'Bearer ' + key}, 200), ({'Authorization': b'bearer  ' + key}, 200)):
            assert server.post(dict(text='王伟'), headers=headers).status_code == status, headers
        statuses = {path: httpx.get(server.url + path).status_code for path in
                    ('/healthz', '/readyz', '/openapi.json', '/', '/app.js', '/style.css', '/info', '/metrics')}
        assert statuses.pop('/metrics') == 401 and set(statuses.values()) == {200}
        assert httpx.get(f'{server.url}/metrics', headers={'X-API-Key': key}).status_code == 200
        description = httpx.get(f'{server.url}/openapi.json').json()
        schemes = {frozenset(scheme.items()) for scheme in description['components']['securitySchemes'].values()}
        assert schemes == {frozenset(dict(type='http', scheme='bearer').items()),
                           frozenset({'type': 'apiKey', 'in': 'header', 'name': 'X-API-Key'}.items())}
        asked = {path: len(next(iter(methods.values())).get('security', []))
                 for path, methods in description['paths'].items()}
        assert {path for path, count in asked.items() if count} == {'/predict', '/metrics'} and max(asked.values()) == 2


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_was_taken_and_refuses_the_rest(small_model, texts, inferencer, number):
    with running('-c', MOODY, small_model) as server, ThreadPoolExecutor(8) as pool, \
            httpx.Client(base_url=server.url) as kept_alive:
        assert kept_alive.get('/readyz').status_code == 200
        jobs = [pool.submit(server.post, dict(text='慢'))]
        wait_for(lambda: server.metric('mmner_batch_texts_count') == 1)
        jobs += [pool.submit(server.post, dict(text=text)) for text in (*texts[:4], '慢慢')]
        wait_for(lambda: server.metric('mmner_queue_texts') == 5)
        server.process.send_signal(number)
        wait_for(lambda: kept_alive.get('/readyz').status_code == 503)
        assert kept_alive.get('/healthz').status_code == 200
        refused = server.post(dict(text='new'))
        assert refused.status_code == 503 and 'stopping' in refused.json()['detail']
        answers = [job.result() for job in jobs]
        assert [answer.status_code for answer in answers] == [200] * 6
        assert all(same(answer.json(), inferencer(text)) for answer, text in zip(answers[1:5], texts[:4], strict=True))
        assert server.process.wait(10) == 0
        assert server.process.stderr.read() == ''


def serve_broken(model: Path) -> None:
    from mmner.apis import NERInferencer
    from mmner.serving.limits import Limits
    from mmner.serving.server import serve

    class Broken(NERInferencer):
        def __call__(self, texts):
            raise RuntimeError('broken')

    sys.exit(serve(Broken(model), host='127.0.0.1', port=0, limits=Limits()))


def test_a_model_that_cannot_read_ends_the_process(small_model):
    done = forked(serve_broken, small_model)
    assert done.returncode == 1 and 'RuntimeError: broken' in done.stderr


def test_the_description_names_every_route(server):
    schema = httpx.get(f'{server.url}/openapi.json').json()
    assert {'/predict', '/healthz', '/readyz', '/metrics', '/info'} == set(schema['paths'])
    post = schema['paths']['/predict']['post']
    assert {'200', '400', '401', '408', '413', '422', '429', '500', '503'} == set(post['responses'])
    assert post['requestBody']['content']['application/json']['schema']['oneOf']
    assert 'security' not in post and 'components' not in schema
    assert 'text/plain' in schema['paths']['/metrics']['get']['responses']['200']['content']


def test_balancers_ask_with_head_and_no_path_redirects(server):
    for path in ('/', '/healthz', '/readyz', '/metrics', '/info', '/openapi.json', '/app.js'):
        asked = httpx.head(server.url + path)
        assert asked.status_code == 200 and not asked.content, path
    assert httpx.head(f'{server.url}/predict').status_code == 405
    assert httpx.post(f'{server.url}/predict/', json={}).status_code == 404
