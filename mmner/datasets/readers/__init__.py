from mmner.datasets.readers.base import BaseReader
from mmner.datasets.readers.cluener import CLUENERReader
from mmner.datasets.readers.cmeee import CMeEEReader
from mmner.datasets.readers.conll import ConllReader
from mmner.datasets.readers.json_lines import JsonLinesReader
from mmner.datasets.readers.text import TextReader

__all__ = ['BaseReader', 'CLUENERReader', 'CMeEEReader', 'ConllReader', 'JsonLinesReader', 'TextReader']
