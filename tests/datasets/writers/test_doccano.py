import json
from random import Random

from mmner.datasets import DoccanoReader, DoccanoWriter
from mmner.structures import Entity, Relation
from tests.datasets.writers.records import full_record, strange_records


def test_by_hand(tmp_path):
    writer = DoccanoWriter()
    writer([full_record(), dict(text='👨🏻\u200d🚒 drive', entities=[Entity('x', 5, 10)],
                                relations=[Relation('self', 0, 0)])], tmp_path / 'out.jsonl')
    first, second = map(json.loads, (tmp_path / 'out.jsonl').read_text(encoding='utf8').splitlines())
    assert first == dict(
        id='doc/7', text='aching in legs and shoulders of Ann',
        entities=[dict(id=1, label='symptom', start_offset=0, end_offset=14),
                  dict(id=2, label='place', start_offset=10, end_offset=14),
                  dict(id=3, label='name', start_offset=32, end_offset=35)],
        relations=[dict(id=1, from_id=2, to_id=1, type='part')])
    assert second == dict(
        text='👨🏻\u200d🚒 drive', entities=[dict(id=4, label='x', start_offset=8, end_offset=13)],
        relations=[dict(id=2, from_id=4, to_id=4, type='self')])
    assert writer.report.counts == {'discontinuous entity (left out)': 1, 'score of an entity (left out)': 3,
                                    'relation of an entity that is left out (left out)': 1}


def test_round_trip(tmp_path):
    random, records = Random(1), []
    for number, record in enumerate(strange_records(random, 5000, overlap=True)):
        size = len(record['entities'])
        relations = [Relation('r', random.randrange(size), place) for place in range(size)]
        records.append(record | dict(relations=relations, id=random.choice([number, f'doc {number}'])))
    records += [dict(text=f'\ud800{record["text"]}\udc00', entities=[], relations=[], id='') for record in records[:99]]
    DoccanoWriter(strict=True)(records, tmp_path / 'out.jsonl')
    found = list(DoccanoReader(offset_unit='utf-16', strict=True)(tmp_path / 'out.jsonl'))
    keys = ('id', 'text', 'entities', 'relations')
    assert [[record[key] for key in keys] for record in found] == [[record[key] for key in keys] for record in records]
    assert sum(len(record['entities']) for record in records) > 5000
    assert any(max(record['text']) > '\uffff' for record in records if record['entities'])
