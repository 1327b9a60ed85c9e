import json

from mmner.structures import Entity, Prediction


def test_the_form_of_a_prediction():
    prediction = Prediction('去a\ud800', [Entity('x', 1, 3, 1 / 3)])
    expected = dict(text='去a\ud800', entities=[dict(label='x', start=1, end=3, text='a\ud800', score=0.333333)])
    assert prediction.to_dict() == expected
    line = prediction.to_json()
    assert json.loads(line) == expected and '去' in line and '\n' not in line
