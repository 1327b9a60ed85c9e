import pytest

from mmner.evaluation.metrics import NextSentenceMetric
from mmner.structures import PretrainingSample
from mmner.utils import InputError


def test_share_of_right_guesses():
    metric = NextSentenceMetric()
    metric.process(None, [PretrainingSample(index=index, is_next=False, next_is_correct=index != 2)
                          for index in range(4)])
    assert metric.evaluate(4) == {'nsp/accuracy': 0.75}


def test_without_a_guess():
    with pytest.raises(InputError, match='the model has no NextSentenceHead; add it'):
        NextSentenceMetric().process(None, [PretrainingSample(index=0, is_next=False)])
