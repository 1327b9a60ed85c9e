from mmner.evaluation.functional import SCORERS, Counts, mmocr_counts, strict_counts, total
from mmner.evaluation.metrics import SpanF1Metric

__all__ = ['SCORERS', 'Counts', 'SpanF1Metric', 'mmocr_counts', 'strict_counts', 'total']
