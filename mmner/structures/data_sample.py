from dataclasses import dataclass, field

import numpy as np

from mmner.structures.entity import Entity


@dataclass(slots=True)
class NERDataSample:
    """One text with what is known and what is predicted about it.

    Attributes:
        index (int): Place of the sample in its dataset; tells samples apart when ranks are gathered.
        text (str): The original text, never changed.
        entities (list[Entity]): Gold from the raw annotation, also what the model cannot see or express.
        unit_offsets (np.ndarray, optional): (U, 2) offsets of the given words; None: every character is a unit.
        unit_spans (list[tuple]): The gold that the model can learn: label, first unit, end unit and, of a discontinuous
            entity, its fragments ((first unit, end unit), ...).
        predicted (list[Entity]): What a decoder found.
        id (str | int, optional): What the annotation file calls the text.
    """
    index: int
    text: str
    entities: list[Entity] = field(default_factory=list)
    unit_offsets: np.ndarray | None = None
    unit_spans: list[tuple] = field(default_factory=list)
    predicted: list[Entity] = field(default_factory=list)
    id: str | int | None = None
