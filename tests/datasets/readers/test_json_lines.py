import json

import pytest

from mmner.datasets import JsonLinesReader
from mmner.structures import Entity, Prediction
from mmner.utils import InputError

TEXT = 'aching in legs and shoulders'
LEGS = dict(label='pain', start=0, end=14)
SHOULDERS = dict(label='pain', start=0, end=28, fragments=[[0, 9], [19, 28]])


@pytest.fixture
def read(tmp_path):
    """Reads lines given as JSON values; gives the records, or the counts of the report too."""
    def run(*lines, strict=True, counts=False):
        file = tmp_path / 'train.jsonl'
        file.write_text('\n'.join(map(json.dumps, lines)))
        reader = JsonLinesReader(strict=strict)
        records = list(reader(str(file)))
        return (records, reader.report.counts) if counts else records
    return run


def test_by_hand(read):
    assert read(dict(text='', entities=[]), dict(text=TEXT, entities=[LEGS, SHOULDERS])) == [
        dict(text='', entities=[], line=1),
        dict(text=TEXT, line=2, entities=[
            Entity('pain', 0, 14), Entity('pain', 0, 28, fragments=((0, 9), (19, 28)))])]


def test_what_predictions_are_written_as_is_read(read):
    entities = [Entity('pain', 0, 14, 0.5), Entity('legs', 10, 14, 1.0), Entity('pain', 0, 28, 0.5, ((0, 9), (19, 28)))]
    record, = read(Prediction(TEXT, entities).to_dict())
    assert record['entities'] == entities


def test_null_is_no_id(read):
    assert read(dict(text='', entities=[], id=None)) == [dict(text='', entities=[], line=1)]


def test_one_fragment_is_a_continuous_entity(read):
    record, = read(dict(text=TEXT, entities=[LEGS | dict(fragments=[[0, 14]])]))
    assert record['entities'] == [Entity('pain', 0, 14)]


def test_repairs_are_counted(read):
    lines = [dict(text=TEXT), dict(text=TEXT, entities=[
        SHOULDERS | dict(fragments=[[19, 28], [0, 6], [5, 9]]), LEGS | dict(fragments=[[0, 9], [9, 14]]),
        LEGS | dict(text='other')])]
    records, counts = read(*lines, strict=False, counts=True)
    assert records[1]['entities'] == [Entity('pain', 0, 28, fragments=((0, 9), (19, 28))), Entity('pain', 0, 14),
                                      Entity('pain', 0, 14)]
    assert counts == {'line without "entities" (a text without gold)': 1,
                      'fragments that touch, overlap or are out of order (joined)': 2,
                      '"text" of an entity differs from the text at its span (the span is kept)': 1}
    for line in lines:
        with pytest.raises(InputError, match='train.jsonl:1: .*strict=True'):
            read(line)


def test_what_nothing_reads_is_counted(read):
    entity = LEGS | dict(id=3, text=TEXT[:14], score=0.5, note='')
    lines = [dict(id=1, file='a.txt', line=3, text=TEXT, entities=[entity], meta={}, unit_offsets=[[0, 6]],
                  relations=[dict(label='r', head=0, tail=0, id=1)]), dict(text=TEXT, label=[[0, 14, 'pain']]),
             dict(text=TEXT, label={'pain': {}}), dict(text=TEXT, label=[], meta=0, entities=[])]
    records, counts = read(*lines, strict=False, counts=True)
    assert [len(record['entities']) for record in records] == [1, 0, 0, 0]
    assert counts == {'other keys (left out)': 2, 'other keys of an entity (left out)': 1,
                      'other keys of a relation (left out)': 1,
                      'line without "entities" (a text without gold; "label" looks like doccano\'s format)': 1,
                      'line without "entities" (a text without gold; "label" looks like CLUENER\'s format)': 1}
    with pytest.raises(InputError, match="train.jsonl:1: 'file, line': other keys"):
        read(lines[0])


@pytest.mark.parametrize(('line', 'message'), [
    (['a'], 'expected an object with a string "text"'), (dict(text=1), 'expected an object with a string "text"'),
    (dict(text='a', entities={}), '"entities" must be a list'),
    *((dict(text='abc', entities=[entity]), 'does not fit a text of 3 characters; an entity is') for entity in (
        1, dict(label='x'), dict(label=1, start=0, end=1), dict(label='x', start=0, end=4),
        dict(label='x', start=1, end=1), dict(label='x', start=-1, end=1), dict(label='x', start=False, end=True),
        dict(label='x', start=0.0, end=1))),
    *((dict(text='abc', entities=[dict(label='x', start=0, end=3, fragments=fragments)]),
       'the fragments .* do not fit a text of 3 characters; an entity is') for fragments in (
        [], None, 'ab', [[0, 1], [2]], [[0, 1], [2, 4]], [[0, 0], [2, 3]], [[0, True]], [[0, 1], 2])),
    (dict(text='abc', entities=[dict(label='x', start=0, end=3, fragments=[[0, 1]])]),
     'the fragments .* reach from 0 to 1, the entity from 0 to 3; correct either')])
def test_mistakes(read, line, message):
    with pytest.raises(InputError, match=f'train.jsonl:2: .*{message}') as caught:
        read(dict(text='', entities=[]), line)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(('changes', 'reason'), [
    (dict(entities=[dict(label='x', start=0, end=1, score=1.5)]), 'the score 1.5; an entity is'),
    (dict(entities=[dict(label='x', start=0, end=1, score=True)]), 'the score True'),
    (dict(id=1.5), 'the id 1.5 is neither a string nor a whole number'),
    (dict(relations=7), '"relations" must be a list'),
    (dict(relations=[dict(label='r', head=0, tail=1)]), 'does not fit a text with 1 entities; a relation is'),
    (dict(relations=[dict(label='r', head=0, tail=-1)]), 'does not fit a text with 1 entities'),
    (dict(relations=[dict(head=0, tail=0)]), 'does not fit'),
    (dict(unit_offsets=[[0, 2], [1, 3]]), '"unit_offsets" .* in the order of a text of 3 characters'),
    (dict(unit_offsets=[[0, 4]]), '"unit_offsets"'), (dict(unit_offsets=7), '"unit_offsets"')], ids=str)
def test_what_a_line_may_have_beside_is_checked(read, changes, reason):
    with pytest.raises(InputError, match=f':1: .*{reason}') as error:
        read(dict(text='abc', entities=[dict(label='x', start=0, end=1)]) | changes)
    assert '\n' not in str(error.value)
