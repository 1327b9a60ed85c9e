from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from mmner.datasets.columns import Columns
from mmner.datasets.ner_dataset import NERDataset
from mmner.registry import DATASETS
from mmner.utils import InputError


def fold_numbers(texts: Sequence[str], *, num_folds: int, seed: int) -> np.ndarray:
    """(samples,) the fold of each text, drawn by `seed`, the same for all copies of one.

    How many different texts two folds have differs by at most one.
    """
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    numbers = np.random.RandomState(seed).permutation(np.arange(len(places)) % num_folds)
    return numbers[[places[text] for text in texts]]


class FoldDataset(NERDataset):
    """Samples of an annotation file whose fold is chosen by `is_chosen`, in the order of the file; all copies of a text
    are in one fold.

    `indices` choose first: folds are made of the samples that they leave.

    Args:
        ann_file (str): As for NERDataset, as are all others.
        fold (int): The fold that is held out, from 0.
        num_folds (int): How many folds there are.
        seed (int): Which of all splits into folds, 0 to 2**32 - 1.

    Raises:
        InputError: There is no such fold or seed, or there are fewer different texts than folds.
    """

    def __init__(self, ann_file: str, *, fold: int, num_folds: int, seed: int, **kwargs):
        name = type(self).__name__
        if num_folds < 2:
            raise InputError(f'{name}: num_folds={num_folds}, but it takes two to hold one out; give 2 or more')
        if not 0 <= fold < num_folds:
            raise InputError(f'{name}: fold={fold} of num_folds={num_folds}; give a fold from 0 to {num_folds - 1}')
        if not 0 <= seed < 2**32:
            raise InputError(f'{name}: seed={seed}; give a seed from 0 to 2**32 - 1')
        self.fold = fold
        self.num_folds = num_folds
        self.seed = seed
        super().__init__(ann_file, **kwargs)

    def accepted(self, records: Columns) -> Columns:
        texts = records.values('text')
        count = len(set(texts))
        if count < self.num_folds:
            raise InputError(f'{self.ann_file}: {count} different texts cannot be {self.num_folds} folds; give fewer '
                             'folds or more texts')
        numbers = fold_numbers(texts, num_folds=self.num_folds, seed=self.seed)
        return records.take(np.flatnonzero(self.is_chosen(numbers)))

    @abstractmethod
    def is_chosen(self, numbers: np.ndarray) -> np.ndarray:
        """(samples,) fold numbers to which of the samples belong here, bool."""


@DATASETS.register_module()
class TrainingFolds(FoldDataset):
    """All folds of an annotation file but one; arguments as for FoldDataset."""

    def is_chosen(self, numbers: np.ndarray) -> np.ndarray:
        return numbers != self.fold


@DATASETS.register_module()
class HeldOutFold(FoldDataset):
    """One fold of an annotation file; arguments as for FoldDataset."""

    def is_chosen(self, numbers: np.ndarray) -> np.ndarray:
        return numbers == self.fold
