from math import exp, inf

import pytest

from mmner.evaluation.metrics import MaskedLanguageMetric
from mmner.structures import PretrainingSample


def test_rates_over_all_tokens_by_hand():
    """7 tokens with 10.5 in all, not the mean of the samples' means."""
    metric = MaskedLanguageMetric()
    metric.process(None, [PretrainingSample(index=1, num_masked=6, num_correct=3, surprisal=6.5)])
    metric.process(None, [PretrainingSample(index=0, num_masked=1, num_correct=1, surprisal=4.0),
                          PretrainingSample(index=2)])
    assert metric.evaluate(3) == pytest.approx({'mlm/perplexity': exp(1.5), 'mlm/accuracy': 4 / 7})


def test_a_model_that_diverged():
    metric = MaskedLanguageMetric()
    metric.process(None, [PretrainingSample(index=0, num_masked=1, surprisal=800.0)])
    assert metric.evaluate(1)['mlm/perplexity'] == inf


def test_nothing_masked():
    metric = MaskedLanguageMetric()
    metric.process(None, [PretrainingSample(index=0)])
    assert metric.evaluate(1) == {'mlm/perplexity': 1.0, 'mlm/accuracy': 0.0}
