import json
from random import Random

from mmner.datasets import SpacyReader, SpacyWriter
from mmner.structures import Entity
from tests.datasets.writers.records import full_record, strange_records


def test_by_hand(tmp_path):
    records = [dict(text='王伟在\n"北京"😀', entities=[Entity('name', 0, 2), Entity('address', 5, 7)]),
               dict(text='', entities=[])]
    SpacyWriter(strict=True)(records, tmp_path / 'out.json')
    assert (tmp_path / 'out.json').read_text(encoding='utf8') == (
        '[\n["王伟在\\n\\"北京\\"😀", {"entities": [[0, 2, "name"], [5, 7, "address"]]}],\n["", {"entities": []}]\n]\n')


def test_what_is_left_out_is_counted(tmp_path):
    writer = SpacyWriter()
    writer([full_record()], tmp_path / 'out.json')
    assert json.loads((tmp_path / 'out.json').read_text())[0][1] == dict(
        entities=[[0, 14, 'symptom'], [10, 14, 'place'], [32, 35, 'name']])
    assert writer.report.counts == {'id (left out)': 1, 'discontinuous entity (left out)': 1,
                                    'score of an entity (left out)': 3, 'relation (left out)': 2}


def test_strange_records_come_back(tmp_path):
    records = strange_records(Random(0), 2000, overlap=True)
    SpacyWriter(strict=True)(records, tmp_path / 'out.json')
    found = list(SpacyReader(strict=True)(tmp_path / 'out.json'))
    assert found == [record | dict(line=line) for line, record in enumerate(records, 2)]


def test_no_records(tmp_path):
    SpacyWriter()([], tmp_path / 'out.json')
    assert json.loads((tmp_path / 'out.json').read_text()) == []
