import json
from random import Random

import pytest

from mmner.datasets import (
    LabelStudioMinReader,
    LabelStudioPredictionsReader,
    LabelStudioPredictionsWriter,
    LabelStudioReader,
    LabelStudioWriter,
)
from mmner.structures import Entity, Relation
from mmner.utils import InputError
from tests.datasets.writers.records import full_record
from tests.strange import strange_text

RECORD = dict(text='王伟在北京😀。', entities=[Entity('name', 0, 2), Entity('address', 3, 5)], relations=[
    Relation('lives in', 0, 1)], id='a/7')


def paired(text: str) -> str:
    """A text in which no two surrogates would become one character on the way through JSON."""
    return json.loads(json.dumps(text))


def strange_records(random: Random, count: int, score) -> list[dict]:
    """Records with whatever the format holds, also with entities that overlap, stand twice and are not in order."""
    records = []
    for number in range(count):
        text = paired(strange_text(random))
        entities = []
        for _ in range(random.randrange(5) if text else 0):
            start = random.randrange(len(text))
            label = paired(strange_text(random, 2))
            entities.append(Entity(label, start, random.randrange(start + 1, len(text) + 1), score(random)))
        ends = range(len(entities))
        relations = [Relation(paired(strange_text(random, 1)), random.choice(ends), random.choice(ends)) for _ in ends]
        records.append(dict(text=text, entities=entities, relations=relations, line=number + 2, id=random.choice(
            [number, -number, str(number), paired(strange_text(random))])))
    return records


def test_by_hand(tmp_path):
    writer = LabelStudioWriter(strict=True)
    writer([RECORD, dict(text='', entities=[])], tmp_path / 'out.json')
    first, second = json.loads((tmp_path / 'out.json').read_text(encoding='utf8'))
    names = dict(from_name='label', to_name='text', type='labels')
    assert first == dict(id='a/7', data=dict(text='王伟在北京😀。'), annotations=[dict(result=[
        names | dict(id='entity0', value=dict(start=0, end=2, text='王伟', labels=['name'])),
        names | dict(id='entity1', value=dict(start=3, end=5, text='北京', labels=['address'])),
        dict(type='relation', from_id='entity0', to_id='entity1', direction='right', labels=['lives in'])])])
    assert second == dict(data=dict(text=''), annotations=[dict(result=[])])
    assert len((tmp_path / 'out.json').read_text(encoding='utf8').split('\n')) == 5         # a record a line


def test_predictions_by_hand(tmp_path):
    record = RECORD | dict(entities=[Entity('name', 0, 2, 0.25), Entity('address', 3, 5)])
    LabelStudioPredictionsWriter(strict=True)([record], tmp_path / 'out.json')
    task, = json.loads((tmp_path / 'out.json').read_text(encoding='utf8'))
    prediction, = task.pop('predictions')
    assert task == dict(id='a/7', data=dict(text='王伟在北京😀。')) and prediction['model_version'] == 'mmner'
    assert [result.get('score') for result in prediction['result']] == [0.25, None, None]
    assert [result['id'] for result in prediction['result'][:2]] == ['entity0', 'entity1']


def test_what_is_left_out_is_counted(tmp_path):
    for writer, scores in ((LabelStudioWriter(), {'score of an entity (left out)': 3}),
                           (LabelStudioPredictionsWriter(), {})):
        writer([full_record()], tmp_path / 'out.json')
        assert writer.report.counts == scores | {
            'discontinuous entity (left out)': 1, 'relation of an entity that is left out (left out)': 1}


def test_regions_have_one_id_in_their_task_alone(tmp_path):
    record = dict(text='abc', entities=[Entity('x', 0, 1)] * 3)
    LabelStudioWriter()([record] * 2, tmp_path / 'out.json')
    for task in json.loads((tmp_path / 'out.json').read_text()):
        assert len({result['id'] for result in task['annotations'][0]['result']}) == 3


@pytest.mark.parametrize(('writer', 'reader', 'score'), [
    (LabelStudioWriter, LabelStudioReader, lambda random: None),
    (LabelStudioPredictionsWriter, LabelStudioPredictionsReader,
     lambda random: random.choice([None, 0.0, 1.0, 0.5, round(random.random(), 6)]))])
def test_strange_records_come_back(tmp_path, writer, reader, score):
    records, reader = strange_records(Random(0), 2000, score), reader()
    writer(strict=True)(records, tmp_path / 'out.json')
    assert list(reader(tmp_path / 'out.json')) == records
    kind, = reader.report.counts
    assert 'fits in several ways of counting its offsets (they are read as characters)' in kind
    assert reader.report.counts[kind] < sum(len(record['entities']) for record in records) / 20
    assert sum(len(record['relations']) for record in records) > 2000


def test_no_records(tmp_path):
    LabelStudioWriter()([], tmp_path / 'out.json')
    assert json.loads((tmp_path / 'out.json').read_text()) == []
    with pytest.raises(InputError, match='the file is empty'):
        list(LabelStudioReader()(tmp_path / 'out.json'))


def test_gold_is_no_prediction(tmp_path):
    """What one class writes, the other reads as a text without entities, and counts it."""
    LabelStudioWriter()([RECORD], tmp_path / 'gold.json')
    LabelStudioPredictionsWriter()([RECORD], tmp_path / 'predicted.json')
    for reader, name in ((LabelStudioPredictionsReader(), 'gold.json'), (LabelStudioReader(), 'predicted.json')):
        assert [record['entities'] for record in reader(tmp_path / name)] == [[]]
        assert sum(reader.report.counts.values()) == 1
    with pytest.raises(InputError, match='LabelStudioReader reads the JSON export'):
        list(LabelStudioMinReader()(tmp_path / 'gold.json'))
