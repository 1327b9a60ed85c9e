"""Strange texts and broken JSON, drawn from a seeded `random.Random`, for tests of what strangers send."""
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from mmner.utils import InputError

# One from every corner of Unicode that has broken a program: planes, surrogates, what joins, hides or turns text, what
# ends lines somewhere, what tokenizers take for their own.
CHARACTERS = (
    '\0\x01\t\n\v\f\r\x1b\x1c\x7f\x85\xa0\xad\u2028\u2029\u3000\ufeff\ufffd\ufffe\uffff\U0001fffe\U0010ffff'
    '\ud800\udbff\udc00\udfff\u0301\u0308\u0345\u20dd\ufe0f\u3099\U000e0041\u200b\u200c\u200d\u2060\u180e\u115f'
    '\u061c\u200e\u200f\u202a\u202c\u202d\u202e\u2066\u2069ςΣſßẞİıǅŉΐﬁﬀﬃ㍿㎏①½℃™Å\u212aＡｂｶﾞガが각ำ𝐀𠀀\U0002f81a龘㐀□▁＿'
    '😀👩🏽🇨🇳北京大学王k "\\\'<>[]{}')
PHRASES = ('[MASK]', '[CLS]', '[UNK]', '<s>', '</s>', '<pad>', '<mask>', '<unk>', '<0xE4>', '▁▁', '\r\n', '   ',
           '\ud83d\ude00', '\ude00\ud83d', '👩\u200d❤️\u200d👨', '👨🏿\u200d🚀', 'e\u0301\u0323',
           'ក្ស្ត្រ', 'שלום', 'مرحبا',
           'New York', '王伟在北京大学', '龘龘龘', '$(id)', '%s%n', '../..', '\\u0000', '&#0;', 'NaN')
WRONG = (None, True, False, 0, -1, 1.5, 10**30, -10**400, float('nan'), float('inf'), '', '\0', '9', 'x' * 3000, [], {},
         [[]], [None], ['a', 1], {'': None}, {'a': {'b': {}}}, [[0, 0]], [0, 1, 2])
TOKENS = (b'"', b'\\', b'{', b'}', b'[', b']', b':', b',', b'null', b'true', b'NaN', b'-Infinity', b'1e999', b'-0',
          b'0x10', b'1' * 5000, b'\\ud800', b'\\udc00', b'\\u0000', b'\\x', b'\0', b'\n', b'\r\n', b'\xe2\x80\xa8',
          b'\xef\xbb\xbf', b'\xff', b'\xc0\x80', b'\xed\xa0\xbd', b'\xf4\x90\x80\x80', b'\xe7\x8e', b'// a', b"'",
          b'"text": 1, ', b'"text": "b", ', b'"label": {}, ', b'[' * 100, b'{"a":' * 100,
          b'"' + b'k' * 5000 + b'": 0, ')
DEEP = (b'[' * 50_000, b'{"text":' * 50_000, b'{"text": "a", "label": ' + b'[' * 50_000 + b']' * 50_000 + b'}')


@contextmanager
def shown(case) -> Iterator[None]:
    """Whatever fails inside fails with the case that made it."""
    try:
        yield
    except Exception as error:
        raise AssertionError(f'{type(error).__name__} on {case!a:.3000}') from error


def refusal(reader, file: str | Path, line: int | None = None) -> str:
    """What a reader says of a file that it refuses; it must begin with the file, and with the line if that is given."""
    with pytest.raises(InputError) as caught:
        list(reader(file))
    check_message(str(caught.value))
    assert str(caught.value).startswith(f'{file}' if line is None else f'{file}:{line}: ')
    return str(caught.value)


def check_message(message: str) -> None:
    """It must be one line that can be read and printed, as one with a lone surrogate cannot."""
    assert len(message.splitlines()) == 1 and len(message) < 1000
    message.encode()


def strange_text(random: Random, pieces: int = 12) -> str:
    """Up to `pieces` pieces: strange, arbitrary of any plane, phrases, a run of one character."""
    text = []
    for _ in range(random.randrange(pieces + 1)):
        kind = random.random()
        if kind < 0.5:
            text.append(random.choice(CHARACTERS))
        elif kind < 0.7:
            text.append(chr(random.randrange(random.choice([128, 0x3000, 0x10000, 0x110000]))))
        elif kind < 0.95:
            text.append(random.choice(PHRASES))
        else:
            text.append(random.choice(CHARACTERS) * random.randrange(1, 60))
    return ''.join(text)


def long_texts(random: Random, length: int = 1_000_000) -> list[str]:
    """Texts of `length` characters: of all kinds, of one word without a blank, of nothing that a model knows."""
    mixed = ''.join(strange_text(random) for _ in range(length // 20))
    return [(mixed * 20)[:length], '北京大学王' * (length // 5), '\u200b\ud800' * (length // 2)]


def as_json(random: Random, value) -> bytes:
    """A value in any of the ways JSON can be written."""
    separators = random.choice([None, (',', ':'), (' ,\t', '\r :  ')])
    return json.dumps(value, ensure_ascii=True, separators=separators).encode()


def mutated(random: Random, value) -> bytes:
    """JSON of a value with a mistake or several, in its values or in its bytes; now and then there is none."""
    if random.random() < 0.002:
        return random.choice(DEEP)
    if random.random() < 0.6:
        value = with_wrong_part(random, value)
    data = bytearray(json.dumps(value, ensure_ascii=random.random() < 0.5).encode('utf8', 'surrogatepass'))
    for _ in range(random.choice([0, 1, 1, 2, 4])):
        break_bytes(random, data)
    return bytes(data)


def with_wrong_part(random: Random, value):
    """A copy of a JSON value of which one part is of another kind, is missing, or has another key."""
    if not value or not isinstance(value, (dict, list)) or random.random() < 0.2:
        return random.choice(WRONG)
    if isinstance(value, list):
        place = random.randrange(len(value))
        return [with_wrong_part(random, item) if index == place else item for index, item in enumerate(value)]
    key, value = random.choice(list(value)), dict(value)
    kind = random.random()
    if kind < 0.1:
        del value[key]
    elif kind < 0.25:
        value[random.choice([strange_text(random), 'k' * 10_000])] = value.pop(key)
    else:
        value[key] = with_wrong_part(random, value[key])
    return value


def break_bytes(random: Random, data: bytearray) -> None:
    """Flip, drop, repeat, insert or cut off bytes, in place."""
    place = random.randrange(len(data) + 1)
    end = place + random.randrange(1, 9)
    kind = random.random()
    if kind < 0.2 and place < len(data):
        data[place] ^= 1 << random.randrange(8)
    elif kind < 0.35:
        del data[place:end]
    elif kind < 0.5:
        data[place:place] = data[place:end]
    elif kind < 0.9:
        data[place:place] = random.choice(TOKENS)
    else:
        del data[place:]
