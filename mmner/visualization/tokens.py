from collections.abc import Mapping

import numpy as np
from rich.text import Text

from mmner.structures import Entity, NERDataSample
from mmner.structures.units import stretches_of, stretches_to_entity
from mmner.utils.pictures import PICTURES

BORDER = '│'


def learnable_entities(sample: NERDataSample) -> list[Entity]:
    """The gold that the model can learn, in offsets of the text: `unit_spans`, widened to whole units as these are."""
    return [stretches_to_entity(span[0], stretches_of(span), None, sample.unit_offsets) for span in sample.unit_spans]


def mark_tokens(sample: NERDataSample, inputs: Mapping[str, np.ndarray], unknown: int) -> Text:
    """The units of a text, a border where one begins a new token; in reverse those that the tokenizer does not know.

    Args:
        sample: The text and its units.
        inputs: `input_ids` (T,) and `unit_to_token` (U,), as `PackNERInputs` gives them.
        unknown: Id of what the vocabulary does not have.
    """
    units, tokens = list(sample.text), inputs['unit_to_token'].tolist()
    if sample.unit_offsets is not None:
        units = [sample.text[start:end] for start, end in sample.unit_offsets.tolist()]
    marked, previous = Text(), None
    for unit, token in zip(units, tokens, strict=False):
        if previous not in (None, token):
            marked.append(BORDER, 'dim')
        marked.append(unit.translate(PICTURES), 'reverse' if inputs['input_ids'][token] == unknown else '')
        previous = token
    return marked
