import numpy as np

from mmner.datasets.columns import Columns
from mmner.datasets.ner_dataset import NERDataset
from mmner.registry import DATASETS
from mmner.utils import InputError


@DATASETS.register_module()
class NextSentenceDataset(NERDataset):
    """Each line of a text with the line that follows it or, half the time, with one from anywhere else.

    A blank line ends a text: the line before it has none that follows and is always given another. The keys `second`
    (the record of the other line) and `is_next` are added for `JoinSentencePair`. Lengths, by which samplers sort,
    are those of the first line.

    Args:
        ann_file (str): As for NERDataset, as are all others.
        seed (int, optional): None draws anew at each access; with a number a line always has the same partner, as
            validation needs it.

    Raises:
        InputError: There are fewer than three lines, or none that follows another.
    """

    def __init__(self, ann_file: str, *, seed: int | None = None, **kwargs):
        self.seed = seed
        super().__init__(ann_file, **kwargs)

    def accepted(self, records: Columns) -> Columns:
        lines = records.values('line')
        if len(lines) < 3:
            raise InputError(f'{self.ann_file}: {len(lines)} lines, but sentence pairs need at least 3; give more text')
        if not (np.diff(lines) == 1).any():
            raise InputError(f'{self.ann_file}: no text stands in the line behind another, so no pair would be a '
                             'true one; give a .txt or .jsonl file, a text in each line, with a blank line between '
                             'documents')
        return records

    def _placed(self, records: list[dict], indices: list[int]) -> list[dict]:
        lines = [record['line'] for record in records]
        records = super()._placed(records, indices)
        for record, line in zip(records, lines, strict=True):
            index = record['sample_idx']
            # MaskTokens of the same seed draws from [seed, index].
            random = np.random if self.seed is None else np.random.RandomState([self.seed, index, 1])
            record['second'], record['is_next'] = self._second(index, line, random)
        return records

    def _second(self, index: int, line: int, random) -> tuple[dict, bool]:
        size = len(self.data_list)
        following = self.data_list[(index + 1) % size]
        if following['line'] == line + 1 and random.random_sample() < 0.5:
            return following, True
        return self.data_list[(index + random.randint(2, size)) % size], False
