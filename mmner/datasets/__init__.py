from mmner.datasets.collate import pack_samples
from mmner.datasets.folds import HeldOutFold, TrainingFolds
from mmner.datasets.ner_dataset import NERDataset
from mmner.datasets.next_sentence_dataset import NextSentenceDataset
from mmner.datasets.readers import *  # noqa: F403
from mmner.datasets.samplers import *  # noqa: F403
from mmner.datasets.transforms import *  # noqa: F403
from mmner.datasets.writers import *  # noqa: F403

__all__ = ['HeldOutFold', 'NERDataset', 'NextSentenceDataset', 'TrainingFolds', 'pack_samples']
