import numpy as np

from mmner.datasets.transforms.base import BaseTransform
from mmner.datasets.transforms.windows import windows
from mmner.registry import TOKENIZERS, TRANSFORMS
from mmner.structures.units import entities_to_unit_spans
from mmner.utils import InputError, Report


@TRANSFORMS.register_module()
class Tokenize(BaseTransform):
    """Text to token ids, and gold entities to spans of units.

    Required keys: text, entities, where, unit_offsets (optional).
    Added keys: input_ids (T,), sequence_lengths (list of int, one for each window), unit_to_token (U,), unit_ids (U,),
    unit_spans. `unit_offsets` is shortened when the text is.

    Args:
        tokenizer (dict): Config of the tokenizer.
        max_length (int): Tokens in one sequence, the first and last included.
        on_long (str): What to do with a longer text: 'window' cuts it into overlapping windows, 'truncate' drops and
            counts what does not fit, 'error' refuses it.
        overlap (int, optional): Tokens that neighbouring windows share; by default a quarter of `max_length`.
        strict (bool): Refuse what would otherwise be counted in `report`.
    """

    # The outcome depends on the sample alone, so a dataset runs it once and keeps the outcome.
    once = True

    def __init__(self, *, tokenizer: dict, max_length: int = 512, on_long: str = 'window', overlap: int | None = None,
                 strict: bool = False):
        overlap = max_length // 4 if overlap is None else overlap
        ways = dict(window=self._window, truncate=self._truncate, error=self._refuse)
        if on_long not in ways:
            raise InputError(f'Tokenize: on_long={on_long!r} is none of {", ".join(ways)}')
        if max_length < 3 or (on_long == 'window' and not 0 <= overlap < max_length - 2):
            raise InputError(f'Tokenize: max_length={max_length} and overlap={overlap} leave a window no room; '
                             'max_length must be at least overlap + 3')
        self.tokenizer = TOKENIZERS.build(tokenizer)
        self.first, self.last = np.array([[self.tokenizer.bos_id], [self.tokenizer.eos_id]], np.int32)
        self.max_length = max_length
        self.capacity = max_length - 2
        self.on_long = on_long
        self.cut = ways[on_long]
        self.overlap = overlap
        self.report = Report(strict=strict)

    def transform(self, results: dict) -> dict:
        text, unit_offsets = results['text'], results.get('unit_offsets')
        tokens, unit_to_token = self.tokenizer.encode(text, unit_offsets)
        if len(tokens) > self.capacity:
            pieces, unit_to_token = self.cut(tokens, unit_to_token, results['where'])
        else:
            pieces, unit_to_token = [tokens], unit_to_token + 1
        if unit_offsets is not None:
            results['unit_offsets'] = unit_offsets[:len(unit_to_token)]
        results['input_ids'] = self._with_specials(pieces)
        results['sequence_lengths'] = [len(piece) + 2 for piece in pieces]
        results['unit_to_token'] = unit_to_token
        results['unit_ids'] = self.tokenizer.unit_ids(text, unit_offsets)[:len(unit_to_token)]
        results['unit_spans'] = self._unit_spans(results, unit_offsets)
        return results

    def _with_specials(self, pieces: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([part for piece in pieces for part in (self.first, piece, self.last)])

    def _window(self, tokens, unit_to_token, where):
        starts, ends, owner = windows(len(tokens), self.capacity, self.overlap)
        begins = np.arange(len(starts)) * self.max_length + 1       # where a window's tokens lie in input_ids
        places = np.append(begins[owner] + np.arange(len(tokens)) - starts[owner], 0)
        pieces = [tokens[start:end] for start, end in zip(starts, ends, strict=True)]
        return pieces, places[unit_to_token].astype(np.int32)           # -1, the first token, is the appended 0

    def _truncate(self, tokens, unit_to_token, where):
        num_units = int(np.searchsorted(unit_to_token, self.capacity, side='left'))
        self.report.add('text cut at max_length (on_long="truncate")',
                        f'{where}: {len(unit_to_token) - num_units} of {len(unit_to_token)} units')
        return [tokens[:self.capacity]], unit_to_token[:num_units] + 1

    def _refuse(self, tokens, unit_to_token, where):
        raise InputError(f'{where}: {len(tokens)} tokens, but a sequence holds {self.capacity}; '
                         'split the text or set on_long="window"')

    def _unit_spans(self, results: dict, unit_offsets: np.ndarray | None) -> list[tuple]:
        spans, inexact, unseen = entities_to_unit_spans(
            results['entities'], unit_offsets, len(results['unit_to_token']))
        for kind, entities in (('entity border inside a unit (widened to whole units for training)', inexact),
                               ('entity that the model cannot see (still counted as gold)', unseen)):
            for entity in entities:
                string = entity.string(results['text'])
                self.report.add(kind, f'{results["where"]}: {entity.label} {string!r} [{entity.start}, {entity.end})')
        return spans
