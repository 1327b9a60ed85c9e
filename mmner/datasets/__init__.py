from mmner.datasets.collate import pack_samples
from mmner.datasets.ner_dataset import NERDataset
from mmner.datasets.next_sentence_dataset import NextSentenceDataset
from mmner.datasets.readers import *  # noqa: F403
from mmner.datasets.samplers import *  # noqa: F403
from mmner.datasets.transforms import *  # noqa: F403

__all__ = ['NERDataset', 'NextSentenceDataset', 'pack_samples']
