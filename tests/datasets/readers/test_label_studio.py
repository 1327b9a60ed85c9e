import json

import pytest

from mmner.datasets import LabelStudioPredictionsReader, LabelStudioReader
from mmner.structures import Entity, Relation
from mmner.utils import InputError
from tests.strange import refusal

# What Label Studio 1.x exports for the template "Relation Extraction", shortened; ids as it makes them.
EXPORT = '''[
  {"id": 7, "annotations": [
    {"id": 11, "completed_by": 1, "was_cancelled": false, "ground_truth": false, "lead_time": 8.65,
     "task": 7, "result": [
      {"value": {"start": 0, "end": 3, "text": "Ann", "labels": ["Person", "Founder"]}, "id": "qd1jIVAq1h",
       "from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"},
      {"value": {"start": 12, "end": 16, "text": "Acme", "labels": ["Organization"]}, "id": "Kx-2s",
       "from_name": "label", "to_name": "text", "type": "labels", "origin": "prediction", "score": 0.9},
      {"from_id": "Kx-2s", "to_id": "qd1jIVAq1h", "type": "relation", "direction": "right",
       "labels": ["org:founded_by"]}]},
    {"id": 12, "completed_by": {"id": 2, "email": "b@example.com"}, "was_cancelled": false, "result": [
      {"value": {"start": 12, "end": 21, "text": "Acme Corp", "labels": ["Organization"]}, "id": "z",
       "from_name": "label", "to_name": "text", "type": "labels"}]}],
   "drafts": [], "predictions": [
    {"id": 3, "model_version": "one", "score": 0.5, "result": [
      {"value": {"start": 0, "end": 3, "text": "Ann", "labels": ["Person"]}, "id": "p", "score": 0.75,
       "from_name": "label", "to_name": "text", "type": "labels"}]},
    {"id": 4, "model_version": "two", "result": []}],
   "data": {"text": "Ann founded Acme Corp.", "source": "b.txt"}, "meta": {},
   "created_at": "2024-01-30T02:40:33.867975Z",
   "project": 29}
]
'''
FIRST = [Entity('Person', 0, 3), Entity('Founder', 0, 3), Entity('Organization', 12, 16)]
SECOND = [Entity('Organization', 12, 21)]


def region(start, end, *labels, text=None, id_=None, kind='labels', **further) -> dict:
    value = dict(start=start, end=end, labels=list(labels)) | ({} if text is None else dict(text=text))
    return dict(type=kind, value=value, id=id_ or f'{start}-{end}', from_name='label', to_name='text') | further


def task(text, *results, **further) -> dict:
    return dict(data=dict(text=text), annotations=[dict(id=1, result=list(results))]) | further


def read_one(file, **arguments) -> tuple[dict, dict]:
    reader = LabelStudioReader(**arguments)
    record, = reader(file)
    return record, reader.report.counts


def test_an_export(write):
    file, reader = write(EXPORT), LabelStudioReader()
    assert list(reader(file)) == [dict(
        text='Ann founded Acme Corp.', entities=FIRST, line=2, id=7, relations=[Relation('org:founded_by', 2, 0)])]
    assert reader.report.counts == {'further annotation of a task (left out)': 1,
                                    'relation of a region with several labels (it is of the first)': 1}
    assert reader.report.places['further annotation of a task (left out)'] == [
        f"{file}:2: task 7: annotation 12 by {{'id': 2, 'email': 'b@example.com'}}"]


@pytest.mark.parametrize(('annotator', 'entities'), [
    (1, FIRST), ('1', FIRST), (2, SECOND), ('b@example.com', SECOND)])
def test_annotators(write, annotator, entities):
    record, counts = read_one(write(EXPORT), annotator=annotator)
    assert record['entities'] == entities
    assert 'further annotation of a task (left out)' not in counts


def test_predictions(write):
    file, reader = write(EXPORT), LabelStudioPredictionsReader()
    record, = reader(file)
    assert record['entities'] == [Entity('Person', 0, 3, 0.75)] and record['id'] == 7
    assert reader.report.counts == {'further prediction of a task (left out)': 1}
    record, = LabelStudioPredictionsReader(model_version='two', strict=True)(file)
    assert record['entities'] == []


def test_tasks_that_one_has_not_annotated_are_counted(write):
    one, other, none = (task(text, region(0, 1, 'x')) for text in ('ab', 'cd', 'ef'))
    one['annotations'][0]['completed_by'], other['annotations'][0]['completed_by'], none['annotations'] = 1, 2, []
    reader = LabelStudioReader(annotator=1)
    assert [len(record['entities']) for record in reader(write([one, other, none]))] == [1, 0, 0]
    assert reader.report.counts == {'task without an annotation (a text without gold)': 2}


def test_somebody_who_is_not_there(write):
    file = write(EXPORT)
    for reader, arguments, found in (
            (LabelStudioReader, dict(annotator=3), "3; the file has '1', '2', 'b@example.com'; correct `annotator`"),
            (LabelStudioPredictionsReader, dict(model_version='x'), "'x'; the file has 'one', 'two'; correct "
                                                                    '`model_version`')):
        reader = reader(**arguments)
        for _ in range(2):
            with pytest.raises(InputError) as caught:
                list(reader(file))
            assert str(caught.value) == f'{file}: nothing by {found}, or leave it out'
    with pytest.raises(InputError, match='the file has none; correct'):
        list(LabelStudioPredictionsReader(model_version='one')(write([task('ab')])))


def test_a_version_may_look_like_a_number(write):
    value = task('ab') | dict(predictions=[dict(model_version=version, result=[region(0, 1, label)])
                                           for version, label in (('1.0', 'x'), (2, 'y'))])
    for version, label in (('1.0', 'x'), ('2', 'y')):
        record, = LabelStudioPredictionsReader(model_version=version, strict=True)(write([value]))
        assert record['entities'] == [Entity(label, 0, 1)]


@pytest.mark.parametrize('score', [-0.1, 1.5, 70, '0.5', True, float('nan')])
def test_odd_scores_are_dropped(write, score):
    file = write([dict(data=dict(text='ab'), predictions=[dict(result=[region(0, 1, 'x', score=score)])])])
    reader = LabelStudioPredictionsReader()
    assert [record['entities'] for record in reader(file)] == [[Entity('x', 0, 1)]]
    assert reader.report.counts == {'score that is no number from 0 to 1 (left out)': 1}


def test_the_ground_truth_is_preferred_and_the_cancelled_left_out(write):
    annotations = [dict(was_cancelled=True, result=[region(0, 1, 'a')]), dict(result=[region(0, 1, 'b')]),
                   dict(ground_truth=True, result=[region(0, 1, 'c')])]
    record, counts = read_one(write([dict(data=dict(text='ab'), annotations=annotations)]))
    assert record['entities'] == [Entity('c', 0, 1)]
    assert counts == {'cancelled annotation (left out)': 1, 'further annotation of a task (left out)': 1}
    record, counts = read_one(write([dict(data=dict(text='ab'), annotations=annotations[:1])]))
    assert record['entities'] == []
    assert counts == {'cancelled annotation (left out)': 1, 'task without an annotation (a text without gold)': 1}


def test_completions_of_older_versions(write):
    value = dict(id=348, data=dict(text=' Aqua (Water), '), completions=[
        dict(id=348001, skipped=True, result=[]), dict(id=348002, lead_time=72.138, result=[
            region(1, 13, 'INGREDIENT', text='Aqua (Water)', source='$text')])])
    record, counts = read_one(write(value))
    assert record['entities'] == [Entity('INGREDIENT', 1, 13)] and record['id'] == 348
    assert counts == {'cancelled annotation (left out)': 1}


@pytest.mark.parametrize('content', [
    json.dumps([task('王😀', region(0, 2, 'x'))] * 2, ensure_ascii=False, indent=1).replace('\n', '\r\n'),
    '\ufeff\n' + '\r\n\r\n'.join([json.dumps(task('王😀', region(0, 2, 'x')))] * 2)])
def test_layouts(write, content):
    records = list(LabelStudioReader(strict=True)(write(content)))
    assert [(record['text'], record['entities']) for record in records] == [('王😀', [Entity('x', 0, 2)])] * 2
    assert records[0]['line'] == 2 and 'id' not in records[0] and records[1]['line'] > 3


@pytest.mark.parametrize(('data', 'arguments', 'text'), [
    (dict(text='ab', title='cd'), {}, 'ab'), (dict(content='ab', number=7, tags=['cd']), {}, 'ab'),
    (dict(text='ab', title='cd'), dict(text_key='title'), 'cd'), ({'$undefined$': 'ab'}, {}, 'ab')])
def test_the_key_of_the_text(write, data, arguments, text):
    record, counts = read_one(write([task('', region(0, 2, 'x'), data=data)]),
                              **dict(to_name='text') | arguments)
    assert (record['text'], record['entities'], counts) == (text, [Entity('x', 0, 2)], {})


@pytest.mark.parametrize(('data', 'arguments', 'found'), [
    (dict(content='ab', title='cd'), {}, "'content', 'title'"), (dict(text=['ab'], n=7), {}, 'none'),
    (dict(text='ab'), dict(text_key='title'), "'text'"), ({}, {}, 'none')])
def test_a_text_that_is_not_clear(write, data, arguments, found):
    message = refusal(LabelStudioReader(**arguments), write([task('', data=data)]), 1)
    assert f'whose strings are {found}; name the one' in message and '`text_key`' in message


def test_regions_of_another_text(write):
    results = [region(0, 1, 'a', to_name='text'), region(0, 2, 'b', to_name='title')]
    file = write([task('', *results, data=dict(text='ab', title='cd'))])
    record, counts = read_one(file)
    assert record['entities'] == [Entity('a', 0, 1)] and counts == {'result of another text or image (left out)': 1}
    record, _ = read_one(file, text_key='title')
    assert (record['text'], record['entities']) == ('cd', [Entity('b', 0, 2)])
    file = write([task('', *results, data=dict(body='ab'))])
    message = refusal(LabelStudioReader(), file, 1)
    assert "regions of the tags 'text', 'title'" in message and '`to_name`' in message
    record, _ = read_one(file, to_name='title')
    assert record['entities'] == [Entity('b', 0, 2)]
    results = [region(0, 1, 'a', to_name='txt'), region(0, 2, 'b', to_name=None), dict(type='choices', to_name='img')]
    record, counts = read_one(write([task('ab', *results)]))
    assert record['entities'] == [Entity('a', 0, 1), Entity('b', 0, 2)]
    assert counts == {'result that is neither labels nor a relation (left out)': 1}


def test_offsets_in_utf16_units(write):
    """💩This is an annotation.: https://github.com/HumanSignal/label-studio/issues/1347"""
    text = '💩This is an annotation. '
    for start in (13, 12):
        record, counts = read_one(write([task(text, region(start, start + 10, 'x', text='annotation'))]))
        assert record['entities'] == [Entity('x', 12, 22)]
        assert counts.get('offsets in UTF-16 units (turned into characters)', 0) == (start == 13)
    record, _ = read_one(write([task('💩 a', region(3, 4, 'x', text='a'))]))         # beyond the end, if characters
    assert record['entities'] == [Entity('x', 2, 3)]


def test_offsets_that_count_carriage_returns_otherwise_or_may_count_either(write):
    record, counts = read_one(write([task('a\r\nAnn', region(2, 5, 'x', text='Ann'))]))
    assert record['text'] == 'a\r\nAnn' and record['entities'] == [Entity('x', 3, 6)]
    assert counts == {'offsets in characters with CR LF as one (turned into characters)': 1}
    record, counts = read_one(write([task('😀哈哈', region(2, 3, 'x', text='哈'))]))
    assert record['entities'] == [Entity('x', 2, 3)]
    kind, = counts
    assert 'fits in several ways of counting its offsets (they are read as characters)' in kind


@pytest.mark.parametrize(('text', 'stated'), [
    ('Berlin,  Germany', 'Berlin, Germany'), ('Berlin,\r\nGermany', 'Berlin,\\nGermany'), ('a\n\nb ', 'a b')])
def test_blanks_that_the_browser_changes_are_no_difference(write, text, stated):
    record, _ = read_one(write([task(text, region(0, len(text), 'x', text=stated))]), strict=True)
    assert record['entities'] == [Entity('x', 0, len(text))]


def test_what_is_counted(write):
    """A span with blanks at its edges, overlapping and unsorted ones are as they are."""
    file = write([task(
        'Ann is here', region(0, 4, 'a'), region(0, 3, 'a'), region(1, 9, 'b', text='Ann'), region(4, 6),
        region(0, 1, 'x', kind='hypertextlabels'), dict(type='choices', value=dict(choices=['good'])),
        dict(value={}), dict(type='textarea', value=dict(text=['a'])), id='t')])
    reader = LabelStudioReader()
    record, = reader(file)
    assert record['entities'] == [Entity('a', 0, 4), Entity('a', 0, 3), Entity('b', 1, 9)]
    assert reader.report.counts == {
        'result that is neither labels nor a relation (left out)': 4, 'region without a label (left out)': 1,
        '"text" of a region differs from the text at its span (the span is kept)': 1}
    assert reader.report.places['"text" of a region differs from the text at its span (the span is kept)'] == [
        f"{file}:1: task 't': 'Ann' / 'nn is he'"]
    assert 'neither labels nor a relation (left out)' in refusal(LabelStudioReader(strict=True), file, 1)


def test_relations(write):
    def arrow(head, tail, **further):
        return dict(type='relation', from_id=head, to_id=tail) | further

    file = write([task(
        'abc', arrow('A', 'C', labels=['r', 's']), region(0, 1, 'x', 'y', id_='A'), region(0, 1, 'z', id_='A'),
        region(1, 2, id_='B'), region(2, 3, 'x', id_='C'), arrow('C', 'C', direction='right', labels=[]),
        arrow('C', 'A', direction='left', labels=['t']), arrow('C', 'A', direction='bi', labels=['u']),
        arrow('A', 'B'), arrow('D', 'A'), arrow(None, ['C']))])
    record, counts = read_one(file)
    assert record['relations'] == [
        Relation('r', 0, 3), Relation('s', 0, 3), Relation('relation', 3, 3), Relation('t', 0, 3), Relation('u', 3, 0),
        Relation('u', 0, 3)]
    assert counts == {'region without a label (left out)': 1, "relation without a label (called 'relation')": 1,
                      'relation of a region that is missing or left out (left out)': 3,
                      'relation of a region with several labels (it is of the first)': 3}
    for key, value in (('direction', 'up'), ('direction', None), ('labels', 'r'), ('labels', [1])):
        file = write([task('a', region(0, 1, 'x', id_='A'), arrow('A', 'A') | {key: value})])
        assert 'of a relation' in refusal(LabelStudioReader(), file, 1)


@pytest.mark.parametrize(('value', 'reason'), [
    (7, 'expected a task'), ('a', 'expected a task'), (dict(text='a', label=[]), 'LabelStudioMinReader reads JSON-MIN'),
    (dict(data='a'), 'expected a task'), (task('a', id=True), 'the id True'), (task('a', id=[1]), 'the id [1]'),
    (dict(data=dict(text='a'), annotations={}), '"annotations" must be a list of objects'),
    (dict(data=dict(text='a'), annotations=[4]), '"annotations" must be a list of objects'),
    (dict(data=dict(text='a'), annotations=[dict(result='a')]), '"result" must be a list of objects'),
    (task('a', 7), '"result" must be a list of objects'), (task('a', dict(type='labels')), 'None is no region'),
    *((task('abc', dict(type='labels', value=value)), reason) for value, reason in (
        ([], 'is no region'), (dict(start=0, labels=['x']), 'is no region'),
        (dict(start='0', end='1', labels=['x']), 'is no region'),
        (dict(start=0.0, end=1.5, labels=['x']), 'is no region'),
        (dict(start=False, end=True, labels=['x']), 'is no region'), (dict(start=0, end=1, labels='x'), 'is no region'),
        (dict(start=0, end=1, labels=[7]), 'is no region'), (dict(start=0, end=1, labels=[None]), 'is no region'),
        (dict(start=2, end=2, labels=['x']), 'at [2, 2] does not fit a text of 3 characters'),
        (dict(start=2, end=1, labels=['x']), 'at [2, 1] does not fit'),
        (dict(start=-1, end=1, labels=['x']), 'at [-1, 1] does not fit'),
        (dict(start=0, end=4, labels=['x']), 'at [0, 4] does not fit'),
        (dict(start=0, end=10**600, labels=['x' * 5000], text='\n' * 5000), 'does not fit')))])
def test_refused(write, value, reason):
    assert reason in refusal(LabelStudioReader(), write([value]), 1)
    file = write('\n' + json.dumps(task('a')) + '\n' + json.dumps(value))
    assert reason in refusal(LabelStudioReader(), file, 3)


@pytest.mark.parametrize(('content', 'reason'), [
    (b'[{"data": {"text": "\xff"}}]', 'not UTF-8'), ('[{"data": {"text": "a", "text": "b"}}]', "'text' stands twice"),
    ('[{"data": {"text": "a"}}', 'the JSON array ends'), ('{"data"', 'not valid JSON')])
def test_broken_files(write, content, reason):
    assert reason in refusal(LabelStudioReader(), write(content), 1)


def test_a_long_text_with_many_regions(write):
    text = '💩a王b' * 25_000                                      # 100,000 characters, 125,000 units
    units = [region(5 * place + 2, 5 * place + 5, 'x', text='a王b') for place in range(0, 25_000, 5)]
    record, counts = read_one(write([task(text, *units)]))
    assert record['entities'] == [Entity('x', 4 * place + 1, 4 * place + 4) for place in range(0, 25_000, 5)]
    assert counts == {'offsets in UTF-16 units (turned into characters)': 5000}
