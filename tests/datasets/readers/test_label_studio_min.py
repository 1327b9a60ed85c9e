import json

import pytest

from mmner.datasets import LabelStudioMinReader
from mmner.structures import Entity
from tests.strange import refusal

# What Label Studio 1.x exports as JSON-MIN for the template "Named Entity Recognition" with a question.
EXPORT = '''[
  {
    "text": "💩Ann founded Acme Corp.",
    "id": 7,
    "label": [
      {"start": 1, "end": 4, "text": "Ann", "labels": ["Person", "Founder"]},
      {"start": 13, "end": 17, "text": "Acme", "labels": ["Organization"]}
    ],
    "sentiment": "good",
    "annotator": 1,
    "annotation_id": 11,
    "created_at": "2024-01-30T02:40:43.893565Z",
    "updated_at": "2024-01-30T02:40:43.893578Z",
    "lead_time": 8.65
  },
  {
    "text": "💩Ann founded Acme Corp.",
    "id": 7,
    "label": [{"start": 14, "end": 23, "text": "Acme Corp", "labels": ["Organization"]}],
    "annotator": "b@example.com",
    "annotation_id": 12
  },
  {
    "text": "Bob",
    "id": 8,
    "annotator": 1,
    "annotation_id": 13
  }
]
'''
FIRST = [Entity('Person', 1, 4), Entity('Founder', 1, 4), Entity('Organization', 13, 17)]
SECOND = [Entity('Organization', 13, 22)]


def test_an_export(write):
    file, reader = write(EXPORT), LabelStudioMinReader()
    assert list(reader(file)) == [dict(text='💩Ann founded Acme Corp.', entities=FIRST, line=2, id=7),
                                  dict(text='Bob', entities=[], line=23, id=8)]
    assert reader.report.counts == {'further annotation of a task (left out)': 1}
    assert reader.report.places['further annotation of a task (left out)'] == [f'{file}:16: task 7']


@pytest.mark.parametrize(('annotator', 'entities'), [(1, [FIRST, []]), ('1', [FIRST, []]), ('b@example.com', [SECOND])])
def test_annotators(write, annotator, entities):
    reader = LabelStudioMinReader(annotator=annotator)
    assert [record['entities'] for record in reader(write(EXPORT))] == entities
    assert sum(reader.report.counts.values()) == (entities == [SECOND])      # whose offsets are in UTF-16 units


def test_an_annotator_who_is_not_there(write):
    reader = LabelStudioMinReader(annotator=3)
    assert "no annotation by 3; annotators of the file are '1', 'b@example.com'" in refusal(reader, write(EXPORT))


def test_layouts_of_other_interfaces(write):
    """Several tags with regions, whatever their names; other results; a task without an id is one for itself."""
    record = dict(content='abc', ner=[dict(start=0, end=1, labels=['x'])], more=[dict(start=2, end=3, labels=['y'])],
                  topic=dict(choices=['a', 'b']), html=[dict(start='/p[1]', hypertextlabels=['x'])], tags=['a'], n=None,
                  annotator=dict(id=4, email='d@example.com'))
    reader = LabelStudioMinReader(annotator='d@example.com')
    assert [record['entities'] for record in reader(write([record] * 2))] == [
        [Entity('x', 0, 1), Entity('y', 2, 3)]] * 2
    assert reader.report.counts == {'object that is no region with labels (left out)': 4}
    assert reader.report.places['object that is no region with labels (left out)'][0].endswith(":1: 'topic'")


def test_one_id_in_two_exports(write):
    first, second = dict(id=1, text='ab', label=[dict(start=0, end=1, labels=['x'])]), dict(id=1, text='cd', label=[])
    reader = LabelStudioMinReader()
    assert [record['text'] for record in reader(write([first, second, first, second]))] == ['ab', 'cd']
    assert reader.report.counts == {'further annotation of a task (left out)': 2}


def test_regions_in_a_string(write):
    """As a CSV export becomes through pandas: https://labelstud.io/guide/export#CSV"""
    regions = json.dumps([dict(start=0, end=2, text='张伟', labels=['A']),
                          dict(start=3, end=5, text='北', labels=['B'])])
    reader = LabelStudioMinReader()
    record, = reader(write([dict(text='张伟在北京', label=regions, more='{"choices": ["a", "b"]}', note='[{no JSON}]',
                                 lost="[{'start': 0}]", choice='{good}')]))
    assert record['entities'] == [Entity('A', 0, 2), Entity('B', 3, 5)]
    assert reader.report.counts == {
        '"text" of a region differs from the text at its span (the span is kept)': 1,
        'object that is no region with labels (left out)': 1,
        'string that begins like JSON of objects and is none (left out)': 1}
    assert 'at [0, 2] does not fit a text of 1' in refusal(reader, write([dict(text='a', label=regions)]), 1)
    exact = regions.replace(json.dumps('北'), json.dumps('北京'))
    record, = LabelStudioMinReader(strict=True)(write([dict(body='张伟在北京', label=exact)]))
    assert record['text'] == '张伟在北京' and len(record['entities']) == 2, 'regions are no text'
    record, = LabelStudioMinReader(strict=True)(write([dict(text=regions, choice='good')]))
    assert record['text'] == regions and record['entities'] == []


def test_the_key_of_the_text(write):
    file = write([dict(body='ab', title='cd', label=[dict(start=0, end=2, text='cd', labels=['x'])], created_at='now')])
    assert "whose strings are 'body', 'title'; name the one" in refusal(LabelStudioMinReader(), file)
    record, = LabelStudioMinReader(text_key='title', strict=True)(file)
    assert (record['text'], record['entities']) == ('cd', [Entity('x', 0, 2)]) and 'id' not in record


@pytest.mark.parametrize(('value', 'reason'), [
    (7, 'expected an object'), (dict(data=dict(text='a'), annotations=[]), 'LabelStudioReader reads the JSON export'),
    (dict(text='a', id=1.5), 'the id 1.5'), (dict(text=7), 'no string'),
    (dict(text='a', label=[dict(start=0, end=2, labels=['x'])]), 'at [0, 2] does not fit a text of 1'),
    (dict(text='a', label=[dict(start=True, end=1, labels=['x'])]), 'is no region'),
    (dict(text='a', label=[dict(start=0, end=1, labels=[1])]), 'is no region'),
    ('{"text": "a", "text": "b"}', 'stands twice'), ('\n[]', 'the file is empty')])
def test_refused(write, value, reason):
    assert reason in refusal(LabelStudioMinReader(), write(value if isinstance(value, str) else [value]))
