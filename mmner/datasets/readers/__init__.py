from mmner.datasets.readers.base import BaseReader
from mmner.datasets.readers.cluener import CLUENERReader

__all__ = ['BaseReader', 'CLUENERReader']
