import json

import numpy as np
import pytest

from mmner.cli.annotation_files import WRITABLE
from mmner.datasets import CLUENERReader, CLUENERWriter, CMeEEWriter, JsonLinesReader, JsonLinesWriter
from mmner.registry import WRITERS
from mmner.structures import Entity, Prediction, Relation
from mmner.utils import InputError
from tests.datasets.writers.records import full_record


def test_what_is_left_out_is_counted(tmp_path):
    writer = CLUENERWriter()
    writer([full_record() | dict(where='in:7')], tmp_path / 'out.json')
    assert json.loads((tmp_path / 'out.json').read_text())['label'] == dict(
        symptom={'aching in legs': [[0, 13]]}, place=dict(legs=[[10, 13]]), name=dict(Ann=[[32, 34]]))
    assert writer.report.counts == {
        'discontinuous entity (left out)': 1, 'score of an entity (left out)': 3,
        'relation (left out)': 2}
    assert writer.report.places['discontinuous entity (left out)'] == [
        "in:7: 'symptom' 'aching in … shoulders'"]


def test_cluener_keeps_the_id(tmp_path):
    CLUENERWriter(strict=True)([dict(text='ab', entities=[Entity('x', 0, 1)], id=7), dict(text='c', entities=[])],
                               tmp_path / 'out.json')
    assert [(record['text'], record.get('id')) for record in CLUENERReader(strict=True)(tmp_path / 'out.json')] == [
        ('ab', 7), ('c', None)]


def test_words_that_are_those_between_blanks_are_not_lost(tmp_path):
    for offsets, lost in (([[0, 2], [3, 5]], {}), ([[0, 2], [3, 4], [4, 5]],
                                                  {'words that are not those between blanks (left out)': 1})):
        writer = CMeEEWriter()
        writer([dict(text='ab c.', entities=[], unit_offsets=np.array(offsets))], tmp_path / 'out.json')
        assert writer.report.counts == lost


def test_relations_follow_their_entities():
    writer = CLUENERWriter()
    writer.holds = frozenset({'relations'})
    record = dict(text='abcd', entities=[Entity('x', 0, 4, fragments=((0, 1), (2, 4))), Entity('x', 1, 2),
                                         Entity('y', 3, 4)], relations=[Relation('r', 1, 2), Relation('s', 0, 2)])
    held, = writer.held([record])
    assert held['entities'] == record['entities'][1:] and held['relations'] == [Relation('r', 0, 1)]
    assert writer.report.counts == {'discontinuous entity (left out)': 1,
                                    'relation of an entity that is left out (left out)': 1}


def test_strict_refuses_and_leaves_no_file(tmp_path):
    records = [dict(text='ab', entities=[]), full_record() | dict(where='in:2')]
    with pytest.raises(InputError, match=r"in:2: 'symptom' .*: discontinuous entity \(left out\); correct the file"):
        CLUENERWriter(strict=True)(records, tmp_path / 'out.json')
    assert not list(tmp_path.iterdir())


def test_a_path_that_cannot_be_written(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match='file: .*; give another path'):
        CLUENERWriter()([], tmp_path / 'file/out.json')


@pytest.mark.parametrize('writer', WRITABLE.values())
@pytest.mark.parametrize('entity', [
    Entity('A', 1, 9), Entity('A', -2, 2), Entity('A', 1, 1), Entity('A', 0, 3, None, ((0, 1), (2, 9))),
    Entity('A', 0.5, 1), Entity(3, 0, 1), ('A', 0, 1)], ids=repr)
def test_what_no_reader_would_take_is_refused(writer, entity, tmp_path):
    with pytest.raises(InputError, match=r'^record 1: .* is no Entity\(label, start, end\) of a text of 3 characters'):
        WRITERS.get(writer)()([dict(text='abc', entities=[entity])], tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_predictions_and_offsets_of_numpy(tmp_path):
    start, end = np.arange(2)
    prediction = Prediction('ab', [Entity('x', start, end, 0.5)], dict(id=7, file='f', line=3))
    JsonLinesWriter()([prediction], tmp_path / 'out')
    record, = JsonLinesReader()(tmp_path / 'out')
    assert (record['text'], record['id'], record['entities']) == ('ab', 7, [Entity('x', 0, 1, 0.5)])
