import json

from mmner.structures import Entity, Prediction


def test_the_form_of_a_prediction():
    prediction = Prediction('去a\ud800', [Entity('x', 1, 3, 1 / 3)])
    expected = dict(text='去a\ud800', entities=[dict(label='x', start=1, end=3, text='a\ud800', score=0.333333)])
    assert prediction.to_dict() == expected
    line = prediction.to_json()
    assert json.loads(line) == expected and '去' in line and '\n' not in line


def test_the_source_stands_before_the_text():
    line = Prediction('a', [], dict(id=7, file='a.txt', line=3)).to_json()
    assert line == '{"id": 7, "file": "a.txt", "line": 3, "text": "a", "entities": []}'


def test_fragments_stand_where_there_are_some():
    entities = [Entity('x', 0, 3, 0.5), Entity('x', 0, 3, 0.5, ((0, 1), (2, 3)))]
    whole, apart = json.loads(Prediction('abc', entities).to_json())['entities']
    assert whole == dict(label='x', start=0, end=3, text='abc', score=0.5)
    assert apart == whole | dict(fragments=[[0, 1], [2, 3]])
