from mmner.evaluation.metrics.dump_predictions import DumpPredictions
from mmner.evaluation.metrics.span_f1_metric import SpanF1Metric

__all__ = ['DumpPredictions', 'SpanF1Metric']
