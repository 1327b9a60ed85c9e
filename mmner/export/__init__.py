from mmner.export.description import check_parts
from mmner.export.folder import INT8_MODEL, MODEL, write_folder, write_int8
from mmner.export.parity import Outcome, check_f1, f1, first_difference, run_folder

__all__ = ['INT8_MODEL', 'MODEL', 'Outcome', 'check_f1', 'check_parts', 'f1', 'first_difference', 'run_folder',
           'write_folder', 'write_int8']
