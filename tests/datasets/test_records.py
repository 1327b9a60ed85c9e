import json

import numpy as np
import pytest

from mmner.datasets import NERDataset
from mmner.datasets.records import read_records
from mmner.structures import Entity
from mmner.utils import InputError


def Reader(*records):       # noqa: N802
    """A reader of the user's own that gives these records; nothing where there are none."""
    class MyReader:
        def __call__(self, file):
            return iter(records) if records else None
    return MyReader()


def record(**changes) -> dict:
    return dict(text='abcd', entities=[Entity('name', 0, 2)], line=7) | changes


@pytest.mark.parametrize('records', [
    [record()], [record(entities=[], id=3)],
    *([record(unit_offsets=np.array(offsets, kind).reshape(-1, 2))] for kind in (np.int64, np.uint8)
      for offsets in ([], [[0, 4]], [[0, 1], [1, 3], [3, 4]], [[1, 2]]))], ids=str)
def test_right_records_come_as_they_are(records):
    assert list(read_records(Reader(*records), 'a.txt')) == records


@pytest.mark.parametrize(('given', 'message'), [
    ([], 'None; its __call__ must yield the records'),
    (['abcd'], "'abcd'; a record is a dict with text, entities and line"),
    *(([{name: value for name, value in record().items() if name != key}], r'\{.*; a record is a dict with text, ')
      for key in ('text', 'entities', 'line')),
    ([record(entities=None)], r'the entities None in line 7; give a list of Entity\(label, start, end\)'),
    ([record(entities=np.array([[0, 2], [3, 4]]))], r'the entities array\(\[\[0, 2\], \[3, 4\]\]\) in line 7'),
    ([record(entities=[('name', 0, 2)])], r"the entities \[\('name', 0, 2\)\] in line 7; give a list"),
    ([record(), record(entities=[Entity('name', 0, 2), dict(label='name')], line=8)], 'the entities .* in line 8; '),
    *(([record(unit_offsets=offsets)],
       r'the unit_offsets .* in line 7; give a \(U, 2\) array of words in the order of a text of 4 characters')
      for offsets in (None, [[0, 2]], np.array([0, 2]), np.array([[0, 1, 2]]), np.array([[0., 2.]]), np.array([[1, 1]]),
                      np.array([[2, 1]]), np.array([[0, 2], [1, 3]]), np.array([[2, 4], [0, 2]]), np.array([[-1, 2]]),
                      np.array([[0, 2], [2, 5]])))], ids=str)
def test_what_is_no_record_is_told_with_its_reader(given, message):
    with pytest.raises(InputError, match=f'^a.txt: MyReader gives {message}') as caught:
        list(read_records(Reader(*given), 'a.txt'))
    assert '\n' not in str(caught.value)


def test_samples_have_the_ids_of_the_file(tmp_path):
    records = [dict(text='a', entities=[]) | given for given in (dict(id=7), {}, dict(id='b/c'))]
    (tmp_path / 'ids.jsonl').write_text('\n'.join(map(json.dumps, records)))
    (tmp_path / 'vocab.txt').write_text('[PAD]\n[UNK]\n[CLS]\n[SEP]\na')
    tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))
    data = NERDataset(str(tmp_path / 'ids.jsonl'), reader=dict(type='JsonLinesReader'), categories=['name'], pipeline=[
        dict(type='Tokenize', tokenizer=tokenizer), dict(type='PackNERInputs')])
    assert [sample['data_samples'].id for sample in data] == [7, None, 'b/c']
