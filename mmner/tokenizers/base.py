import re
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

LONE_SURROGATE = re.compile('[\ud800-\udfff]')


class Encoding(NamedTuple):
    """What a tokenizer makes of a text.

    Attributes:
        input_ids (np.ndarray): (T,) int32 ids without bos and eos.
        unit_to_token (np.ndarray): (U,) int32, never falling, in [-1, T): the first token that overlaps the unit; for
            a unit that no token overlaps the last token before it; -1 (the bos put in front) where there is none.
    """
    input_ids: np.ndarray
    unit_to_token: np.ndarray


class BaseTokenizer(ABC):
    """Text to token ids, with a token for every unit.

    Args:
        pad_id (int): Id that fills short rows.
        unk_id (int): Id of what the vocabulary does not have.
        bos_id (int): Id put before the tokens of a text, [CLS] or <s>.
        eos_id (int): Id put behind them, [SEP] or </s>.
        vocab_size (int): Number of ids.
        mask_id (int, optional): Id that hides a token in pre-training, [MASK] or <mask>; `unk_id` where the vocabulary
            has none.
    """

    def __init__(self, *, pad_id: int, unk_id: int, bos_id: int, eos_id: int, vocab_size: int,
                 mask_id: int | None = None):
        self.pad_id = pad_id
        self.unk_id = unk_id
        self.bos_id = bos_id
        self.eos_id = eos_id
        self.vocab_size = vocab_size
        self.mask_id = unk_id if mask_id is None else mask_id
        # By code point, -1 where it is not yet known; the last stands for all characters behind it.
        self._character_ids = np.full(1, -1, np.int32)

    @abstractmethod
    def _tokenize(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Cut a text without surrogates: (T,) int32 ids, and (len(text),) int32, the token of every character."""

    @abstractmethod
    def _unit_id(self, unit: str) -> int:
        """The id of one unit without surrogates, standing alone; `unk_id` where there is none."""

    def encode(self, text: str, unit_offsets: np.ndarray | None = None) -> Encoding:
        """Cut a text into tokens and find the token of every unit.

        Args:
            text (str): Any string; lone surrogates, which UTF-8 cannot hold, are read as U+FFFD.
            unit_offsets (np.ndarray, optional): (U, 2) offsets of the given words, which are not empty and stand in
                order; None: every character is a unit.
        """
        input_ids, character_to_token = self._tokenize(LONE_SURROGATE.sub('\ufffd', text))
        if unit_offsets is None:
            return Encoding(input_ids, character_to_token)
        return Encoding(input_ids, token_of_words(character_to_token, np.reshape(unit_offsets, (-1, 2))))

    def unit_ids(self, text: str, unit_offsets: np.ndarray | None = None) -> np.ndarray:
        """(U,) int32: the id of each unit standing alone; arguments as for `encode`."""
        if unit_offsets is None:
            return self._ids_of_characters(text)
        text = LONE_SURROGATE.sub('\ufffd', text)
        words = (text[start:end] for start, end in np.reshape(unit_offsets, (-1, 2)).tolist())
        return np.array([self._unit_id(word) for word in words], np.int32)

    def _ids_of_characters(self, text: str) -> np.ndarray:
        """(len(text),) int32: the id of each character, by one table once all of them have been seen."""
        codes = np.frombuffer(text.encode('utf-32-le', 'surrogatepass'), '<u4')
        ids = self._character_ids.take(codes, mode='clip')
        if text and ids[ids.argmin()] < 0:
            self._character_ids = table = self._with(codes)     # another thread may put its own in the place at once
            ids = table.take(codes, mode='clip')
        return ids

    def _with(self, codes: np.ndarray) -> np.ndarray:
        """The table, grown if need be, with the characters of these code points in it."""
        table, needed = self._character_ids, int(codes.max()) + 2
        if needed > len(table):
            table = np.pad(table, (0, max(needed, 2 * len(table)) - len(table)), constant_values=-1)
        for code in np.unique(codes).tolist():
            if table[code] < 0:
                table[code] = self._unit_id(LONE_SURROGATE.sub('\ufffd', chr(code)))
        return table


def token_of_words(character_to_token: np.ndarray, word_offsets: np.ndarray) -> np.ndarray:
    """Find the token of every word: that of its first character, or of its first behind those deleted at the start.

    Only before the first token can a word begin with characters that no token overlaps and still have a token.

    Args:
        character_to_token (np.ndarray): (C,) int32, `unit_to_token` where characters are units.
        word_offsets (np.ndarray): (U, 2) offsets.

    Returns:
        np.ndarray: (U,) int32.
    """
    first_covered = character_to_token.searchsorted(0)
    first = np.clip(first_covered, word_offsets[:, 0], word_offsets[:, 1] - 1)
    return character_to_token[first.astype(np.int64)]
