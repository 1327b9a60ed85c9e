from mmner.evaluation.functional import SCORERS, Counts, mmocr_counts, strict_counts, total
from mmner.evaluation.metrics import DumpPredictions, SpanF1Metric

__all__ = ['SCORERS', 'Counts', 'DumpPredictions', 'SpanF1Metric', 'mmocr_counts', 'strict_counts', 'total']
