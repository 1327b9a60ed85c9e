from mmner.evaluation.functional.span_f1 import SCORERS, Counts, mmocr_counts, strict_counts, total

__all__ = ['SCORERS', 'Counts', 'mmocr_counts', 'strict_counts', 'total']
