from functools import cached_property

import numpy as np

from mmner.registry import TAG_SCHEMES
from mmner.structures.tag_schemes.prefix_schemes import BIO


@TAG_SCHEMES.register_module()
class MMOCRScheme(BIO):
    """BIO with the tag ids and the habits of MMOCR 0.6.3, for its checkpoints and its table only.

    With C categories: 0 is 'X' (padding), 1..C are B-, C+1..2C are I-, 2C+1 is 'O', two more are never used.
    """

    scope = f'{BIO.scope}, and no entity of one unit'

    def layout(self) -> list[tuple[str, int]]:
        indices = range(len(self.categories))
        return [('X', -1), *(('B', index) for index in indices), *(('I', index) for index in indices),
                ('O', -1), ('unused1', -1), ('unused2', -1)]

    @cached_property
    def allowed(self) -> np.ndarray:
        """(K, K) bool: MMOCR takes tags as they come, so any may follow any."""
        return np.ones((self.num_tags, self.num_tags), dtype=bool)

    @cached_property
    def allowed_start(self) -> np.ndarray:
        """(K,) bool: all."""
        return np.ones(self.num_tags, dtype=bool)

    @cached_property
    def allowed_end(self) -> np.ndarray:
        """(K,) bool: all."""
        return np.ones(self.num_tags, dtype=bool)

    def encode(self, spans: np.ndarray, num_units: int) -> np.ndarray:
        """Spans to tags as in `TagScheme.encode`, but a later span covers an earlier one that it overlaps."""
        return self._paint(spans, num_units)

    def decode(self, tags: np.ndarray, cu_units: np.ndarray) -> np.ndarray:
        """Tags to spans, shapes as in `TagScheme.decode`.

        Only B- starts an entity; B- or a tag that is neither B- nor I- ends it. An I- of another category is passed
        over, and an I- of the entity's own category behind it extends the entity over that gap. Entities of one unit
        are dropped.
        """
        spans = [span for start, end in zip(cu_units[:-1].tolist(), cu_units[1:].tolist(), strict=True)
                 for span in self._decode_sample(tags[start:end], start)]
        return np.array(spans, dtype=np.int64).reshape(-1, 3)

    def _decode_sample(self, tags: np.ndarray, offset: int) -> list[tuple[int, int, int]]:
        """Spans of one sample whose first unit is `offset`."""
        spans: list[tuple[int, int, int]] = []
        entity = None
        for unit, tag in enumerate(tags.tolist(), offset):
            prefix, category = self._prefix[tag], int(self._category[tag])
            if prefix == 'I':
                if entity and entity[0] == category:
                    entity = (category, entity[1], unit + 1)
                continue
            if entity:
                spans.append(entity)
            entity = (category, unit, unit + 1) if prefix == 'B' else None
        if entity:
            spans.append(entity)
        return [span for span in spans if span[2] - span[1] > 1]
