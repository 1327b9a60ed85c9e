"""The CLUENER reader on 20,000 files: what is right is read exactly, what is wrong is refused in one line."""
import json
from random import Random

import pytest

from mmner.datasets import CLUENERReader
from mmner.structures import Entity
from mmner.utils import InputError
from tests.strange import as_json, check_message, long_texts, mutated, refusal, shown, strange_text

GOOD = b'{"text": "\xe7\x8e\x8b", "label": {"name": {"\xe7\x8e\x8b": [[0, 0]]}}}\n'


@pytest.fixture
def write(tmp_path):
    """Writes a file again and again, without closing it, upon which the file system would wait for the disk."""
    with open(tmp_path / 'train.json', 'wb', buffering=0) as stream:
        def run(content: bytes) -> str:
            stream.seek(0)
            stream.write(content)
            stream.truncate()
            return stream.name

        yield run


def strange_record(random: Random, text: str) -> tuple[dict, list[Entity]]:
    """A record in CLUENER's format with spans drawn from the text, and its entities in the order of the file."""
    label = {}
    for _ in range(random.randrange(5) if text else 0):
        start = random.randrange(len(text))
        last = random.randrange(start, min(len(text), start + 9))
        strings = label.setdefault(strange_text(random, 1), {})
        strings.setdefault(text[start:last + 1], []).append([start, last])
    entities = [Entity(category, start, last + 1) for category, strings in label.items()
                for places in strings.values() for start, last in places]
    return dict(text=text, label=label), entities


def paired(text: str) -> str:
    """A text in which no two surrogates would become one character on the way through JSON."""
    return json.loads(json.dumps(text))


def test_strange_records_are_read_exactly(write):
    random, found = Random(1), 0
    for _ in range(10_000):
        record, expected = strange_record(random, paired(strange_text(random)))
        if json.loads(json.dumps(record)) != record:        # a span or a category that begins or ends within a pair
            continue
        line = as_json(random, record)
        with shown(line):
            file = write(random.choice([b'', b'\xef\xbb\xbf', b'\r\n \n']) + line + random.choice([b'', b'\r\n']))
            read, = CLUENERReader(strict=True)(file)
            assert (read['text'], read['entities']) == (record['text'], expected)
        found += len(expected)
    assert found > 10_000


def test_mutated_files_are_read_or_refused(write):
    random, outcomes = Random(2), []
    for _ in range(10_000):
        record, _ = strange_record(random, strange_text(random, 6))
        line = mutated(random, record if random.random() < 0.8 else counted_from_the_end(record))
        with shown(line):
            outcomes.append(check_lines(write(GOOD + line), [GOOD, *line.split(b'\n')]))
    assert outcomes.count('read') > 500 and outcomes.count('refused') > 5000


def counted_from_the_end(record: dict) -> dict:
    """A record whose spans are what Python, but not CLUENER, takes for the same."""
    length = len(record['text'])
    return record | dict(label={category: {string: [[start - length, last - length] for start, last in places]
                                           for string, places in strings.items()}
                                for category, strings in record['label'].items()})


def check_lines(file: str, lines: list[bytes]) -> str:
    """Read a file: entities must lie within the text that JSON has there, an error must name a line of the file."""
    try:
        for record in CLUENERReader()(file):
            raw = lines[record['line'] - 1]
            assert record['text'] == json.loads(raw)['text']
            assert all(0 <= start < end <= len(record['text']) for _, start, end, *_ in record['entities'])
            assert len(record['entities']) == num_spans(json.loads(raw))
    except InputError as error:
        check_place(str(error), file, len(lines))
        return 'refused'
    return 'read'


def num_spans(record: dict) -> int:
    return sum(len(places) for strings in record.get('label', {}).values() for places in strings.values())


def check_place(message: str, file: str, num_lines: int) -> None:
    """It begins with the place of a line behind the good one."""
    check_message(message)
    place, _, number = message.split(': ')[0].rpartition(':')
    assert place == file and 2 <= int(number) <= num_lines


def test_a_line_of_a_megabyte(write):
    for text in map(paired, long_texts(Random(3))):
        last = len(text) - 1
        record = dict(text=text, label=dict(name={text[-3:]: [[last - 2, last]], text: [[0, last]]}))
        file = write(GOOD + json.dumps(record).encode())
        _, read = CLUENERReader(strict=True)(file)
        assert read['text'] == text
        assert read['entities'] == [Entity('name', last - 2, last + 1), Entity('name', 0, last + 1)]
        record['label']['name'][text][0][1] += 1
        file = write(GOOD + json.dumps(record).encode())
        refusal(CLUENERReader(), file, 2)
