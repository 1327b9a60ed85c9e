"""Text to tokens, with the token of each character. Beside predict.py; sentencepiece and numpy alone."""
from functools import cache
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor

SPACE = '▁'


class CharacterTokenizer:
    """A token for each character of the text, in lower case if the model wants it."""

    def __init__(self, model_file: Path, config: dict):
        self.processor = SentencePieceProcessor(model_file=str(model_file))
        self.unk_id, self.lowercase = config['unk_id'], config['lowercase']
        self.unit_id = cache(self._unit_id)

    def encode(self, text: str) -> tuple[list[int], np.ndarray]:
        """A text of C characters to T ids and (C,) the token of each character."""
        parts = text.lower() if self.lowercase else text
        if len(parts) != len(text):                     # 'İ' is two characters in lower case
            parts = [character.lower() for character in text]
        lengths = np.array([len(part) for part in parts], int)
        return [self.unit_id(character) for part in parts for character in part], np.cumsum(lengths) - lengths

    def _unit_id(self, character: str) -> int:
        piece_id = self.processor.piece_to_id(character.lower() if self.lowercase else character)
        return self.unk_id if self.processor.is_control(piece_id) else piece_id


class PieceTokenizer:
    """The pieces of a SentencePiece model."""

    def __init__(self, model_file: Path, config: dict):
        self.processor = SentencePieceProcessor(model_file=str(model_file))
        self.unk_id = config['unk_id']
        self.ids = np.arange(self.processor.get_piece_size()) + config['id_shift']
        self.ids[:len(config['first_ids'])] = config['first_ids']
        self.unit_id = cache(self._unit_id)

    def encode(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """A text of C characters to (T,) ids and (C,) the token of each; -1 for one before all tokens."""
        found = self.processor.encode(text, return_type='offset_mapping')
        offsets = np.array(found['offsets'], int).reshape(-1, 2)
        tokens = np.full(len(text), len(offsets) - 1)
        if len(offsets):
            start, end = offsets[0, 0], offsets[-1, 1]
            tokens[:start] = -1
            tokens[start:end] = np.repeat(np.arange(len(offsets)), offsets[:, 1] - offsets[:, 0])
        return self.ids[np.array(found['ids'], int)], tokens

    def _unit_id(self, character: str) -> int:
        normalized = self.processor.normalize(character).strip(SPACE)
        for piece in (normalized, SPACE + normalized):
            index = self.processor.piece_to_id(piece)
            if not any(kind(index) for kind in (
                    self.processor.is_unknown, self.processor.is_control, self.processor.is_byte)):
                return int(self.ids[index])
        return self.unk_id


TOKENIZERS = dict(characters=CharacterTokenizer, pieces=PieceTokenizer)
