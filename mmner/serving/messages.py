"""JSON of requests and answers."""
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mmner.apis.thresholds import Thresholds
from mmner.datasets.readers.base import DECODER
from mmner.serving.errors import Refusal
from mmner.serving.limits import Limits
from mmner.structures import Prediction
from mmner.utils import InputError

EXPECTED = 'expected {"text": "..."} or {"texts": ["...", ...]}, with an optional "threshold"'


class Message(NamedTuple):
    """What a client asks.

    Attributes:
        texts (list[str]): What to read.
        is_single (bool): It was one "text", not a list of "texts".
        threshold (Thresholds, optional): Which entities to keep.
    """
    texts: list[str]
    is_single: bool
    threshold: Thresholds | None


def parse_message(body: bytes, limits: Limits, categories: Sequence[str]) -> Message:
    """Read and check the body of a request.

    Raises:
        Refusal: 400 if it is no JSON, 422 if it is not what was expected or exceeds a limit.
    """
    try:
        record = DECODER.decode(body.decode('utf-8-sig'))
    except (ValueError, RecursionError) as error:
        reason = type(error).__name__ if isinstance(error, (UnicodeDecodeError, RecursionError)) else error
        raise Refusal(400, f'the body is not JSON ({reason}); {EXPECTED}') from error
    if not isinstance(record, dict) or ('text' in record) == ('texts' in record):
        raise Refusal(422, EXPECTED)
    unknown = record.keys() - {'text', 'texts', 'threshold'}
    if unknown:
        raise Refusal(422, f'unknown key {min(unknown)[:50]!r}; {EXPECTED}')
    texts = [record['text']] if 'text' in record else record['texts']
    check_texts(texts, limits)
    return Message(texts, 'text' in record, parse_threshold(record.get('threshold'), categories))


def check_texts(texts: object, limits: Limits) -> None:
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refusal(422, f'"text" must be a string, "texts" a list of strings; {EXPECTED}')
    if len(texts) > limits.max_texts:
        raise Refusal(422, f'{len(texts)} texts; a request may have {limits.max_texts}: send them in several')
    characters = sum(map(len, texts))
    if characters > limits.max_characters:
        raise Refusal(422, f'{characters} characters; a request may have {limits.max_characters}: send them in several')


def parse_threshold(given: float | Mapping[str, float] | None, categories: Sequence[str]) -> Thresholds | None:
    if given is None:
        return None
    try:
        return Thresholds(given, categories)
    except InputError as error:
        raise Refusal(422, str(error)) from error


def answer(message: Message, predictions: Sequence[Prediction]) -> bytes:
    """The body of the answer; predictions have the form of DumpPredictions' lines."""
    if message.threshold:
        predictions = [Prediction(text, message.threshold(text, entities)) for text, entities, *_ in predictions]
    records = [prediction.to_dict() for prediction in predictions]
    return to_json(records[0] if message.is_single else dict(results=records))


def to_json(value: object) -> bytes:
    """JSON in UTF-8; with escapes where a lone surrogate keeps a string from being UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()
