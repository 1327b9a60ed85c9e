from random import Random

import numpy as np
import pytest

from mmner.datasets import CMeEEReader, ConllReader, ConllWriter
from mmner.datasets.conll_tags import tags_of
from mmner.registry import TAG_SCHEMES
from mmner.structures import Entity
from mmner.utils import InputError
from tests.datasets.writers.records import full_record, strange_records


@pytest.fixture
def written(tmp_path):
    """Writes records; the lines of the file and the writer."""
    def run(*records, **arguments) -> tuple[list[str], ConllWriter]:
        writer = ConllWriter(**arguments)
        writer(records, tmp_path / 'out')
        return (tmp_path / 'out').read_text(encoding='utf8').split('\n'), writer
    return run


@pytest.mark.parametrize(('scheme', 'tags'), [
    ('BIO', 'B-x I-x B-x O B-y I-y I-y B-x'), ('IOB1', 'I-x I-x B-x O I-y I-y I-y I-x'),
    ('BIOES', 'B-x E-x S-x O B-y I-y E-y S-x'), ('BMES', 'B-x E-x S-x O B-y M-y E-y S-x'),
    ('BILOU', 'B-x L-x U-x O B-y I-y L-y U-x')])
def test_every_scheme(written, scheme, tags):
    record = dict(text='abcdefgh', entities=[
        Entity('x', 7, 8), Entity('x', 0, 2), Entity('x', 2, 3), Entity('y', 4, 7)])
    lines, _ = written(record, scheme=scheme, strict=True)
    assert lines == [*(f'{letter}\t{tag}' for letter, tag in zip('abcdefgh', tags.split(), strict=True)), '', '']


@pytest.mark.parametrize('scheme', ['BIO', 'BIOES', 'BMES', 'BILOU'])
def test_tags_are_those_that_models_learn(scheme):
    encoder = TAG_SCHEMES.build(dict(type=f'mmner.{scheme}', categories=['x', 'y']))
    for record in strange_records(Random(1), 300, overlap=False):
        spans = [entity[:3] for entity in record['entities']]
        rows = np.array([('xy'.index(label), *span) for label, *span in spans], np.int64).reshape(-1, 3)
        expected = [encoder.tags[tag] for tag in encoder.encode(rows, len(record['text']))]
        assert tags_of(spans, len(record['text']), scheme) == expected


@pytest.mark.parametrize('scheme', ['BIO', 'IOB1', 'BIOES', 'BMES', 'BILOU'])
def test_strange_records_come_back(tmp_path, scheme):
    records = strange_records(Random(2), 1000, overlap=False)
    for record in records:
        record['text'] = record['text'].replace('\t', ' ').replace('\n', ' ')
    ConllWriter(scheme=scheme, strict=True)(records, tmp_path / 'out')
    found = list(ConllReader(separator='\t')(tmp_path / 'out'))
    assert [(record['text'], record['entities']) for record in found] == [
        (record['text'], record['entities']) for record in records]


def test_nested_entities_in_layers(tmp_path, shared):
    """Two layers hold all but two entities of CMeEE, which stand three deep."""
    records = list(CMeEEReader()(shared / 'data/cmeee_nested/CMeEE_dev.json'))
    writer = ConllWriter(layers=2)
    writer(records, tmp_path / 'out')
    found = list(ConllReader(separator='\t', tag_column=(1, 2), strict=True)(tmp_path / 'out'))
    assert writer.report.counts == {'entity that overlaps a longer one (left out)': 2}
    assert sum(len(set(old['entities']) - set(new['entities'])) for old, new in zip(records, found, strict=True)) == 2
    ConllWriter(layers=3, strict=True)(records, tmp_path / 'out')
    found = ConllReader(separator='\t', tag_column=(1, 2, 3), strict=True)(tmp_path / 'out')
    for old, new in zip(records, found, strict=True):
        assert (old['text'], sorted(old['entities'])) == (new['text'], sorted(new['entities']))


def test_words(written):
    lines, writer = written(full_record(), scheme='BIOES')
    assert lines == ['aching\tB-symptom', 'in\tI-symptom', 'legs\tE-symptom', 'and\tO', 'shoulders\tO', 'of\tO',
                     'Ann\tS-name', '', '']
    assert writer.report.counts['entity that overlaps a longer one (left out)'] == 1
    assert writer.report.counts['discontinuous entity (left out)'] == 1


def test_words_between_blanks(written):
    record = dict(text=' New York,  then', entities=[Entity('place', 1, 9), Entity('place', 1, 10)])
    lines, writer = written(record, joiner=' ')
    assert lines == ['New\tB-place', 'York,\tI-place', 'then\tO', '', '']
    assert writer.report.counts == {
        "blanks between words that are not ' ' (changed to it)": 1,
        'entity that does not begin and end with a word (left out)': 1}


def test_what_stands_outside_of_the_words(written):
    lines, writer = written(dict(text='(Bob) runs!', entities=[], unit_offsets=np.array([[1, 4], [6, 10]])), joiner=' ')
    assert lines == ['Bob\tO', 'runs\tO', '', '']
    assert writer.report.places['characters outside of the words (left out)'] == ["record 1: '()!'"]


def test_the_entities_of_a_text_without_words(written):
    _, writer = written(dict(text=' ', entities=[Entity('x', 0, 1)]), joiner=' ')
    assert writer.report.counts['entity of a text without a word (left out)'] == 1


@pytest.mark.parametrize(('record', 'finding'), [
    (dict(text='', entities=[]), 'text without a word (left out)'),
    (dict(text='a\nb', entities=[]), 'tab or line end in a word (written as a blank)'),
    (dict(text='abc', entities=[Entity('x', 0, 2), Entity('y', 1, 3)]),
     'entity that overlaps a longer one (left out)')])
def test_what_does_not_fit_is_counted_or_refused(written, record, finding):
    good = dict(text='a', entities=[])
    _, writer = written(record, good)
    assert writer.report.counts == {finding: 1}
    with pytest.raises(InputError, match='record 1.*strict=True'):
        written(record, good, strict=True)


@pytest.mark.parametrize(('record', 'reason'), [
    (dict(text='a \ud800', entities=[]), 'record 1: the word .* cannot stand in CoNLL columns'),
    (dict(text='-DOCSTART- b', entities=[], unit_offsets=np.array([[0, 10], [11, 12]])), 'the word .* cannot stand'),
    *((dict(text='a', entities=[Entity(label, 0, 1)]), 'record 1: the label .* cannot stand')
      for label in ('', 'a\tb', 'a\rb', 'a\n', ' a', '\ud800'))])
def test_what_would_be_read_as_something_else_is_refused(written, record, reason):
    with pytest.raises(InputError, match=reason) as error:
        written(record)
    assert '\n' not in str(error.value)


@pytest.mark.parametrize('arguments', [dict(scheme='IOB'), dict(layers=0)])
def test_arguments_are_checked(arguments):
    with pytest.raises(InputError, match='scheme=.*one of BIO, BIOES, BMES, BILOU, IOB1'):
        ConllWriter(**arguments)


def test_a_byte_order_mark_that_belongs_to_the_text(tmp_path):
    ConllWriter(strict=True)([dict(text='\ufeffa', entities=[Entity('x', 0, 1)])], tmp_path / 'out')
    record, = ConllReader(separator='\t', strict=True)(tmp_path / 'out')
    assert record['text'] == '\ufeffa' and record['entities'] == [Entity('x', 0, 1)]
