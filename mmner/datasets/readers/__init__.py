from mmner.datasets.readers.base import BaseReader
from mmner.datasets.readers.brat import BratReader
from mmner.datasets.readers.cluener import CLUENERReader
from mmner.datasets.readers.cmeee import CMeEEReader
from mmner.datasets.readers.conll import ConllReader
from mmner.datasets.readers.doccano import DoccanoReader
from mmner.datasets.readers.json_lines import JsonLinesReader
from mmner.datasets.readers.label_studio import LabelStudioPredictionsReader, LabelStudioReader
from mmner.datasets.readers.label_studio_min import LabelStudioMinReader
from mmner.datasets.readers.spacy_json import SpacyReader
from mmner.datasets.readers.spacy_v2 import SpacyV2Reader
from mmner.datasets.readers.text import TextReader

__all__ = ['BaseReader', 'BratReader', 'CLUENERReader', 'CMeEEReader', 'ConllReader', 'DoccanoReader',
           'JsonLinesReader', 'LabelStudioMinReader', 'LabelStudioPredictionsReader', 'LabelStudioReader',
           'SpacyReader', 'SpacyV2Reader', 'TextReader']
