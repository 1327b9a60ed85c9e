from mmner.evaluation.metrics.calibration_metric import CalibrationMetric
from mmner.evaluation.metrics.dump_predictions import DumpPredictions
from mmner.evaluation.metrics.masked_language_metric import MaskedLanguageMetric
from mmner.evaluation.metrics.next_sentence_metric import NextSentenceMetric
from mmner.evaluation.metrics.span_f1_metric import SpanF1Metric

__all__ = ['CalibrationMetric', 'DumpPredictions', 'MaskedLanguageMetric', 'NextSentenceMetric', 'SpanF1Metric']
