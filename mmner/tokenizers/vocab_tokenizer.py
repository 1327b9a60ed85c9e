from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor
from sentencepiece.sentencepiece_model_pb2 import ModelProto, NormalizerSpec, TrainerSpec

from mmner.registry import TOKENIZERS
from mmner.tokenizers.base import BaseTokenizer
from mmner.utils import InputError

REQUIRED_PIECES = ('[PAD]', '[UNK]', '[CLS]', '[SEP]')
MASK = '[MASK]'
MAX_PIECE_BYTES = 7999          # of SentencePiece


@TOKENIZERS.register_module()
class BertVocabTokenizer(BaseTokenizer):
    """One token for each character, with the ids of a BERT vocabulary.

    A character outside the vocabulary, a space too, is [UNK]. Special symbols typed in a text are text.

    Args:
        vocab_file (str): A `vocab.txt`: one piece a line, its id the number of the line from 0.
        lowercase (bool): Look up the lower-cased text; a character that is two in lower case ('İ') gives two tokens.

    Raises:
        InputError: The file is missing, is not UTF-8, lacks a special piece, or a line is empty, stands twice or is no
            piece that SentencePiece takes.
    """

    def __init__(self, *, vocab_file: str, lowercase: bool = True):
        pieces = read_vocab(Path(vocab_file))
        model = build_model(pieces)
        self.processor = SentencePieceProcessor(model_proto=model.SerializeToString())
        self.lowercase = lowercase
        pad_id, unk_id, bos_id, eos_id = (self.processor.piece_to_id(piece) for piece in REQUIRED_PIECES)
        super().__init__(pad_id=pad_id, unk_id=unk_id, bos_id=bos_id, eos_id=eos_id, vocab_size=len(pieces),
                         mask_id=pieces.index(MASK) if MASK in pieces else None)

    def _tokenize(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        lowered = text.lower() if self.lowercase else text
        if len(lowered) == len(text):
            return self._ids_of_characters(lowered), np.arange(len(text), dtype=np.int32)
        parts = [character.lower() for character in text]
        behind = np.cumsum([len(part) for part in parts], dtype=np.int32)       # (len(text),) end of each part
        return self._ids_of_characters(''.join(parts)), np.concatenate([behind[:1] * 0, behind[:-1]])

    def _unit_id(self, unit: str) -> int:
        piece_id = self.processor.piece_to_id(unit.lower() if self.lowercase else unit)
        return self.unk_id if self.processor.is_control(piece_id) else piece_id


def read_vocab(vocab_file: Path) -> list[str]:
    r"""The pieces of a BERT vocabulary, whose lines end with '\n' or '\r\n' and nothing else, not even U+2028."""
    try:
        text = vocab_file.read_bytes().decode('utf-8-sig')
    except OSError as error:
        raise InputError(f'{vocab_file}: {error.strerror}; give the path of a BERT vocab.txt '
                         '(docs/pretrained.md)') from None
    except UnicodeDecodeError as error:
        line = error.object.count(b'\n', 0, error.start) + 1
        raise InputError(f'{vocab_file}:{line}: not UTF-8; convert the file') from None
    if text.count('\r\n') == text.count('\n'):
        text = text.replace('\r\n', '\n')
    pieces = text.removesuffix('\n').split('\n')
    check_vocab(pieces, vocab_file)
    return pieces


def check_vocab(pieces: list[str], vocab_file: Path) -> None:
    """Refuse a vocabulary that does not give every piece one id."""
    first_line: dict[str, int] = {}
    for line, piece in enumerate(pieces, start=1):
        if not piece:
            raise InputError(f'{vocab_file}:{line}: empty line; every line is a piece and its number is the id')
        if '\0' in piece or len(piece.encode()) > MAX_PIECE_BYTES:
            raise InputError(f'{vocab_file}:{line}: {piece!r:.60} has U+0000 or more than {MAX_PIECE_BYTES} bytes, '
                             'which SentencePiece does not take; write [unused] and a number instead')
        if piece in first_line:
            raise InputError(f'{vocab_file}:{line}: {piece!r} stands in line {first_line[piece]} already; remove one')
        first_line[piece] = line
    missing = [piece for piece in REQUIRED_PIECES if piece not in first_line]
    if missing:
        raise InputError(f"{vocab_file} lacks {', '.join(missing)}; give a BERT vocab.txt")


def build_model(pieces: list[str]) -> ModelProto:
    """A SentencePiece model whose pieces are single characters, taken as they are."""
    Piece = ModelProto.SentencePiece
    types = {'[UNK]': Piece.UNKNOWN} | dict.fromkeys(['[PAD]', '[CLS]', '[SEP]', MASK], Piece.CONTROL)
    return ModelProto(
        pieces=[Piece(piece=piece, score=0.0, type=types.get(piece, Piece.NORMAL)) for piece in pieces],
        trainer_spec=TrainerSpec(model_type=TrainerSpec.CHAR, vocab_size=len(pieces), unk_piece='[UNK]',
                                 pad_piece='[PAD]', bos_piece='[CLS]', eos_piece='[SEP]'),
        normalizer_spec=NormalizerSpec(name='identity', add_dummy_prefix=False, remove_extra_whitespaces=False,
                                       escape_whitespaces=False))
