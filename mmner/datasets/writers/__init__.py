from mmner.datasets.writers.base import BaseWriter
from mmner.datasets.writers.brat import BratWriter
from mmner.datasets.writers.cluener import CLUENERWriter
from mmner.datasets.writers.cmeee import CMeEEWriter
from mmner.datasets.writers.conll import ConllWriter
from mmner.datasets.writers.doccano import DoccanoWriter
from mmner.datasets.writers.json_lines import JsonLinesWriter
from mmner.datasets.writers.label_studio import LabelStudioPredictionsWriter, LabelStudioWriter
from mmner.datasets.writers.spacy_json import SpacyWriter

__all__ = ['BaseWriter', 'BratWriter', 'CLUENERWriter', 'CMeEEWriter', 'ConllWriter', 'DoccanoWriter',
           'JsonLinesWriter', 'LabelStudioPredictionsWriter', 'LabelStudioWriter', 'SpacyWriter']
