"""Texts to parts, each small enough for a batch, and what was found in them back to texts."""
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mmner.structures import Entity


@dataclass(slots=True)
class Part:
    """A text, a sentence of it, or some windows of either: what the model reads at once.

    Attributes:
        sample (dict): `inputs` and `data_samples`, as `PackNERInputs` gives them.
        shift (int): Offset of the sentence in the text.
        begin, end (float): It answers for the entities that start in [begin, end), in offsets of the sentence; what
            it finds elsewhere its neighbour finds too, with more context.
    """
    sample: dict
    shift: int = 0
    begin: float = 0
    end: float = float('inf')

    @property
    def num_tokens(self) -> int:
        return len(self.sample['inputs']['input_ids'])

    @property
    def num_units(self) -> int:
        return len(self.sample['inputs']['unit_to_token'])

    @property
    def size(self) -> int:
        """Its tokens, or a quarter of its units where a token stands for many, as for unknown characters in a row."""
        return max(self.num_tokens, self.num_units // 4)

    @property
    def entities(self) -> list[Entity]:
        """What was found, in offsets of the text."""
        return [shifted(entity, self.shift) for entity in self.sample['data_samples'].predicted
                if self.begin <= entity.start < self.end]


def shifted(entity: Entity, shift: int) -> Entity:
    """An entity in offsets that begin `shift` earlier."""
    fragments = entity.fragments and tuple((start + shift, end + shift) for start, end in entity.fragments)
    return Entity(entity.label, entity.start + shift, entity.end + shift, entity.score, fragments)


def cut_between_windows(sample: dict, shift: int, max_tokens: int) -> Iterator[Part]:
    """Cut a sample with more than `max_tokens` tokens between its windows; one of a single window stays whole.

    Neighbouring parts share a window. Both have the same token vectors there, so in the middle of what it owns one
    takes over from the other: an entity comes from the part that answers for its start and, unless it is longer than
    half of what windows do not share, lies in that part whole. The last window but one may share more than others, so
    it is none to hand over in.

    Args:
        sample: `inputs` and `data_samples`, with a unit at least.
        shift: Offset of the sample in the text.
        max_tokens: Tokens in a part, unless three windows have more.
    """
    inputs = sample['inputs']
    borders = np.cumsum([0, *inputs['sequence_lengths']])               # (W + 1,), where the windows begin in T
    owned = np.searchsorted(inputs['unit_to_token'], borders)           # (W + 1,), the first unit of each window
    offsets = unit_offsets(sample)
    num_windows = int(np.searchsorted(owned, owned[-1]))                # those behind the last unit own none
    first, begin = 0, 0.0
    while True:
        fits = np.searchsorted(borders, borders[first] + max_tokens, side='right') - 1
        last = min(max(int(fits), first + 2), num_windows)
        if last == num_windows - 1:
            last = last - 1 if last - first > 2 else num_windows
        middle = (owned[last - 1] + owned[last]) // 2
        end = float(offsets[middle, 0]) if last < num_windows else float('inf')
        yield Part(windows_of(sample, slice(first, last), borders, owned, offsets), shift, begin, end)
        if last == num_windows:
            return
        first, begin = last - 1, end


def unit_offsets(sample: dict) -> np.ndarray:
    """(U, 2) offsets of the units, also where every character is one."""
    given = sample['data_samples'].unit_offsets
    starts = np.arange(len(sample['inputs']['unit_to_token']))
    return np.stack([starts, starts + 1], axis=1) if given is None else given


def windows_of(sample: dict, windows: slice, borders: np.ndarray, owned: np.ndarray, offsets: np.ndarray) -> dict:
    """Some windows of a sample as a sample; `borders`, `owned` and `offsets` as in `cut_between_windows`."""
    inputs = sample['inputs']
    tokens = slice(borders[windows.start], borders[windows.stop])
    units = slice(owned[windows.start], owned[windows.stop])
    return dict(
        inputs=lexicon_of(inputs, units) | dict(
            input_ids=inputs['input_ids'][tokens], sequence_lengths=inputs['sequence_lengths'][windows],
            unit_to_token=inputs['unit_to_token'][units] - tokens.start, unit_ids=inputs['unit_ids'][units]),
        data_samples=replace(sample['data_samples'], unit_offsets=offsets[units]))


def lexicon_of(inputs: dict, units: slice) -> dict:
    """What `MatchLexicon` added about some units; nothing where it stands in no pipeline."""
    if 'lexicon_key' not in inputs:
        return {}
    pairs = slice(*np.searchsorted(inputs['lexicon_units'], [units.start, units.stop]))
    return dict(lexicon_units=inputs['lexicon_units'][pairs] - units.start, lexicon_ids=inputs['lexicon_ids'][pairs],
                lexicon_key=inputs['lexicon_key'])
