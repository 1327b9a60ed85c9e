from mmner.evaluation.metrics.span_f1_metric import SpanF1Metric

__all__ = ['SpanF1Metric']
