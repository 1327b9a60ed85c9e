from mmner.evaluation.functional.bootstrap import f1_interval, paired_bootstrap, sentence_counts
from mmner.evaluation.functional.matching import match_counts
from mmner.evaluation.functional.span_f1 import SCORERS, Counts, macro, mmocr_counts, strict_counts, total
from mmner.evaluation.functional.text_f1 import text_counts

__all__ = ['SCORERS', 'Counts', 'f1_interval', 'macro', 'match_counts', 'mmocr_counts', 'paired_bootstrap',
           'sentence_counts', 'strict_counts', 'text_counts', 'total']
