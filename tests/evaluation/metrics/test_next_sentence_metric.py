from mmner.evaluation.metrics import NextSentenceMetric
from mmner.structures import PretrainingSample


def test_share_of_right_guesses():
    metric = NextSentenceMetric()
    metric.process(None, [PretrainingSample(index=index, is_next=False, next_is_correct=index != 2)
                          for index in range(4)])
    assert metric.evaluate(4) == {'nsp/accuracy': 0.75}
