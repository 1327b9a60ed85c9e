"""Entities and scores against the decoder's own `predict`, for every decoder that has an export."""
import json

import numpy as np
import pytest
import torch

from mmner.datasets import pack_samples
from mmner.export.description import DECODERS
from mmner.models import *  # noqa: F403, registers what configs name
from mmner.registry import MODELS
from mmner.structures import NERDataSample

CATEGORIES = ['person', 'place']
HIDDEN = 6
BUILDS = {
    'SoftmaxDecoder': [dict(tag_scheme=dict(type=scheme, categories=CATEGORIES)) for scheme in ('BIO', 'BIOES')],
    'CRFDecoder': [dict(tag_scheme=dict(type=scheme, categories=CATEGORIES)) for scheme in ('BIO', 'BMES', 'BILOU')],
    'PartialCRFDecoder': [dict(tag_scheme=dict(type='BIO', categories=CATEGORIES))],
    'EfficientGlobalPointerDecoder': [dict(categories=CATEGORIES, head_size=4, max_width=20, selection=dict(
        type=f'mmner.{selection}')) for selection in ('AllSpans', 'FlatSpans', 'NestedSpans')],
    'GlobalPointerDecoder': [dict(categories=CATEGORIES, head_size=4)],
    'SpanDecoder': [dict(categories=CATEGORIES), dict(categories=CATEGORIES, max_width=2)],
    'BiaffineDecoder': [dict(categories=CATEGORIES, head_size=4)]}


def test_every_export_is_tested_here():
    assert {decoder.__name__ for decoder in DECODERS} == set(BUILDS)


def batch_of(*lengths: int):
    return pack_samples([dict(
        inputs=dict(input_ids=np.zeros(length + 2, int), sequence_lengths=[length + 2],
                    unit_to_token=np.arange(1, length + 1), unit_ids=np.zeros(length, int)),
        data_samples=NERDataSample(index, 'x' * length)) for index, length in enumerate(lengths)])


@pytest.mark.parametrize('decoder, options', [(name, options) for name, builds in BUILDS.items() for options in builds])
def test_entities_as_the_decoder_finds_them(decoder, options, predict):
    torch.manual_seed(0)
    model = MODELS.build(dict(type=f'mmner.{decoder}', hidden_size=HIDDEN, **options)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    config = json.loads(json.dumps(DECODERS[type(model)](model)))           # as config.json holds it
    own = predict.DECODERS[config['decoder']](config)
    lengths = (1, 2, 30, 7, 100)
    count = 0
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        hidden = torch.randn(sum(lengths), HIDDEN, generator=generator) * (1 + seed % 4)
        with torch.inference_mode():
            values, expected = model(hidden), model.predict(hidden, batch_of(*lengths))
        assert values.shape == (sum(lengths), config['num_values'])
        for entities, part in zip(expected, values.split(lengths), strict=True):
            found = own(part.numpy())
            assert [row[:3] for row in found] == [entity.span for entity in entities]
            assert [row[3] for row in found] == pytest.approx([entity.score for entity in entities], abs=1e-5)
            count += len(found)
    assert count > 200
