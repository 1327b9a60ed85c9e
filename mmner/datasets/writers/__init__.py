from mmner.datasets.writers.base import BaseWriter
from mmner.datasets.writers.cluener import CLUENERWriter
from mmner.datasets.writers.cmeee import CMeEEWriter
from mmner.datasets.writers.conll import ConllWriter
from mmner.datasets.writers.json_lines import JsonLinesWriter

__all__ = ['BaseWriter', 'CLUENERWriter', 'CMeEEWriter', 'ConllWriter', 'JsonLinesWriter']
