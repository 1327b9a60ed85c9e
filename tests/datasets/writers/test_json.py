"""The formats in JSON that are written as they are read: JSON lines, CLUENER, CMeEE."""
from random import Random

import numpy as np
import pytest

from mmner.datasets import CLUENERReader, CLUENERWriter, CMeEEReader, CMeEEWriter, JsonLinesReader, JsonLinesWriter
from tests.datasets.writers.records import full_record, strange_records


def test_json_lines_hold_everything(tmp_path):
    writer, record = JsonLinesWriter(strict=True), full_record()
    writer([record, dict(text='', entities=[])], tmp_path / 'out.jsonl')
    first, second = JsonLinesReader(strict=True)(tmp_path / 'out.jsonl')
    np.testing.assert_array_equal(first.pop('unit_offsets'), record.pop('unit_offsets'))
    assert first == record and second == dict(text='', entities=[], line=2)


@pytest.mark.parametrize(('reader', 'writer'), [
    (JsonLinesReader, JsonLinesWriter), (CLUENERReader, CLUENERWriter), (CMeEEReader, CMeEEWriter)])
def test_strange_records_come_back(tmp_path, reader, writer):
    records = strange_records(Random(0), 2000, overlap=True)
    writer(strict=True)(records, tmp_path / 'out')
    found = list(reader(strict=True)(tmp_path / 'out'))
    assert [record['text'] for record in found] == [record['text'] for record in records]
    assert [sorted(record['entities']) for record in found] == [sorted(record['entities']) for record in records]
    assert sum(len(record['entities']) for record in records) > 2000


@pytest.mark.parametrize(('reader', 'writer', 'name'), [
    (CLUENERReader, CLUENERWriter, 'cluener/dev.json'), (CMeEEReader, CMeEEWriter, 'cmeee_nested/CMeEE_dev.json')])
def test_the_corpora_come_back(shared, tmp_path, reader, writer, name):
    records = list(reader()(shared / 'data' / name))
    writer(strict=True)(records, tmp_path / 'out')
    assert [(record['text'], record['entities']) for record in reader(strict=True)(tmp_path / 'out')] == [
        (record['text'], record['entities']) for record in records]


def test_cluener_is_written_as_it_was(shared, tmp_path):
    """But for blanks, which the original has between its parts in other places."""
    file = shared / 'data/cluener/dev.json'
    CLUENERWriter(strict=True)(CLUENERReader()(file), tmp_path / 'out')
    assert [line.replace(' ', '') for line in (tmp_path / 'out').read_text(encoding='utf8').split('\n')] == [
        line.replace(' ', '') for line in file.read_text(encoding='utf8').split('\n')]
