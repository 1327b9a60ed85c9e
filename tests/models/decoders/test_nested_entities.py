"""Entities within, across and upon each other: learnt by heart and predicted."""
import pytest
import torch

NESTED = [('person', 0, 2), ('place', 0, 5), ('place', 1, 2), ('person', 3, 4)]
CROSSING = [('person', 0, 3), ('place', 2, 5)]
EQUAL = [('person', 1, 4), ('place', 1, 4), ('person', 5, 6)]
ENDING_TOGETHER = [('person', 0, 5), ('person', 2, 5), ('place', 2, 3), ('place', 4, 6)]
INSIDE = [('person', 0, 3), ('place', 2, 3), ('person', 0, 6)]
DECODERS = {
    'EfficientGlobalPointerDecoder': (NESTED, CROSSING, EQUAL),
    'GlobalPointerDecoder': (NESTED, CROSSING, EQUAL),
    'SpanDecoder': (ENDING_TOGETHER, CROSSING, EQUAL),
    'BiaffineDecoder': (NESTED, INSIDE),
    'W2NERDecoder': (NESTED, CROSSING, INSIDE),
}


@pytest.mark.parametrize('decoder', DECODERS)
def test_learnt_by_heart(build, pack, sample, decoder):
    model = build(neck='FirstTokenNeck', encoder=dict(hidden_dropout=0.0, attention_dropout=0.0),
                  decoder=dict(type=f'mmner.{decoder}', tag_scheme=None, categories=['person', 'place'],
                               **(dict(head_size=8) if decoder != 'SpanDecoder' else {})))
    batch = pack(*(sample([1, 2, 3, 4, 5, 6], spans=gold, first_id=5 + 9 * index)
                   for index, gold in enumerate(DECODERS[decoder])))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        sum(model(batch, mode='loss').values()).backward()
        optimizer.step()
    with torch.no_grad():
        found = [[entity.span for entity in sample.predicted] for sample in model.eval()(batch, mode='predict')]
    assert found == [sorted(gold, key=lambda span: (*span[1:], span[0])) for gold in DECODERS[decoder]]
