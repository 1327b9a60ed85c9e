from mmner.utils.errors import InputError
from mmner.utils.report import Report

__all__ = ['InputError', 'Report']
