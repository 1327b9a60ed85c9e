from itertools import chain
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError
from sentencepiece import SentencePieceProcessor
from sentencepiece.sentencepiece_model_pb2 import ModelProto

from mmner.registry import TOKENIZERS
from mmner.tokenizers.base import BaseTokenizer
from mmner.utils import InputError

SPACE = '▁'
SPECIAL_PIECES = frozenset({'<pad>', '<unk>', '<s>', '</s>', '<bos>', '<eos>', '<cls>', '<sep>', '<mask>',
                            '[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'})


@TOKENIZERS.register_module()
class SentencePieceTokenizer(BaseTokenizer):
    """Pieces of a SentencePiece model, as ALBERT, XLM-R and E5 read them.

    Special symbols typed in a text are text: '[MASK]' is cut like any other word.

    Args:
        model_file (str): A SentencePiece `.model` file.
        id_layout (str): 'model': the ids of the file (ALBERT). 'fairseq': the ids of XLM-R and E5 over their official
            file `sentencepiece.bpe.model`: bos 0, pad 1, eos 2, unk 3, every other piece one more than in the file,
            <mask> last.

    Attributes:
        processor (SentencePieceProcessor): Of the model, in whose text no special symbol can be met.
        ids (np.ndarray): (pieces,) int32 id of each piece, by its place in the file.

    Raises:
        InputError: The file is missing, is no SentencePiece model, or does not fit the layout.
    """

    def __init__(self, *, model_file: str, id_layout: str = 'model'):
        if id_layout not in ID_LAYOUTS:
            raise InputError(f"id_layout {id_layout!r} is unknown; choose one of {', '.join(ID_LAYOUTS)}")
        self.processor = load_processor(Path(model_file))
        self.ids, special_ids = ID_LAYOUTS[id_layout](self.processor, model_file)
        self._lengths = piece_lengths(self.processor)
        super().__init__(**special_ids)

    def _tokenize(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        model_ids = self._encode(text, 'numpy')
        normalized, offsets = self.processor.normalize(text, with_offsets=True)
        tokens = np.arange(len(model_ids), dtype=np.int32).repeat(self._lengths.take(model_ids))
        # Most texts are normalized character by character with one '▁' put before. There the pieces' lengths tell all;
        # to have SentencePiece list the offsets takes as long as everything else.
        if len(tokens) != len(normalized) or offsets[1:] != list(range(len(text) + 1)):
            found = self._encode(text, 'offset_mapping')
            return self.ids[found['ids']], character_to_token(found['offsets'], len(text))
        return self.ids.take(model_ids), tokens[1:]

    def _encode(self, text: str, return_type: str):
        """The pieces of a text, in a form of `SentencePieceProcessor.encode`."""
        return self.processor.encode(text, return_type=return_type)

    def _unit_id(self, unit: str) -> int:
        normalized = self.processor.normalize(unit).strip(SPACE)
        for piece in (normalized, SPACE + normalized):
            model_id = self.processor.piece_to_id(piece)
            if not self._is_special(model_id):
                return int(self.ids[model_id])
        return self.unk_id

    def _is_special(self, model_id: int) -> bool:
        processor = self.processor
        return processor.is_unknown(model_id) or processor.is_control(model_id) or processor.is_byte(model_id)


def piece_lengths(processor: SentencePieceProcessor) -> np.ndarray:
    """(pieces,) characters of normalized text that each piece stands for; 0 where that is not fixed."""
    model_ids = list(range(processor.get_piece_size()))
    fixed = ~np.logical_or(processor.is_unknown(model_ids), processor.is_byte(model_ids))
    return fixed * np.array([len(piece) for piece in processor.id_to_piece(model_ids)])


def character_to_token(offsets: list[tuple[int, int]], length: int) -> np.ndarray:
    """Find the token of every character.

    SentencePiece's tokens join without gaps. Those of no width ('▁' before the text, the 'f' of 'ﬁ' cut into 'f' and
    'i') overlap nothing. Characters deleted at the start or the end of the text lie outside all tokens.

    Args:
        offsets (list): T half-open (start, end) offsets.
        length (int): Number of characters.

    Returns:
        np.ndarray: (length,) int32, never falling, in [-1, T).
    """
    num_tokens = len(offsets)
    tokens = np.full(length, num_tokens - 1, np.int32)
    if num_tokens:
        bounds = np.fromiter(chain.from_iterable(offsets), np.int64, 2 * num_tokens)
        start, end = bounds[0], bounds[-1]
        tokens[:start] = -1
        tokens[start:end] = np.arange(num_tokens).repeat(bounds[1::2] - bounds[::2])
    return tokens


def load_processor(model_file: Path) -> SentencePieceProcessor:
    """Load a model whose special symbols cannot be met in text."""
    try:
        model = ModelProto.FromString(model_file.read_bytes())
        for piece in model.pieces:
            if piece.piece in SPECIAL_PIECES and piece.type in (piece.NORMAL, piece.USER_DEFINED):
                piece.type = piece.CONTROL
        return SentencePieceProcessor.from_proto(model.SerializeToString())
    except OSError as error:
        raise InputError(f'{model_file}: {error.strerror}; give the path of a SentencePiece .model file '
                         '(docs/pretrained.md)') from None
    except (DecodeError, RuntimeError):
        raise InputError(f'{model_file} is not a SentencePiece model; give the path of a .model file') from None


def model_layout(processor: SentencePieceProcessor, model_file: str) -> tuple[np.ndarray, dict[str, int]]:
    """Ids by place in the file, and the special ones, where an id is the place of its piece in the file."""
    special_ids = {
        'pad_id': first_of(processor, '<pad>', '[PAD]', default=processor.pad_id()),
        'unk_id': processor.unk_id(),
        'bos_id': first_of(processor, '[CLS]', default=processor.bos_id()),
        'eos_id': first_of(processor, '[SEP]', default=processor.eos_id())}
    missing = [name for name, index in special_ids.items() if index < 0]
    if missing:
        raise InputError(f"{model_file} has no piece for {', '.join(missing)}; id_layout='model' needs <pad>, <s> or "
                         "[CLS], </s> or [SEP]; XLM-R's and E5's official file needs id_layout='fairseq'")
    size = processor.get_piece_size()
    mask_id = first_of(processor, '[MASK]', '<mask>', default=processor.unk_id())
    return np.arange(size, dtype=np.int32), special_ids | {'vocab_size': size, 'mask_id': mask_id}


def fairseq_layout(processor: SentencePieceProcessor, model_file: str) -> tuple[np.ndarray, dict[str, int]]:
    """Ids by place in the file, and the special ones, where fairseq puts its own four before and <mask> last."""
    first = [processor.id_to_piece(index) for index in range(min(3, processor.get_piece_size()))]
    if first != ['<unk>', '<s>', '</s>']:
        raise InputError(f"{model_file} begins with {' '.join(first)}; id_layout='fairseq' needs <unk> <s> </s>, as in "
                         "XLM-R's official file; try id_layout='model'")
    size = processor.get_piece_size()
    ids = np.arange(1, size + 1, dtype=np.int32)
    ids[:3] = 3, 0, 2
    return ids, {'pad_id': 1, 'unk_id': 3, 'bos_id': 0, 'eos_id': 2, 'vocab_size': size + 2,
                 'mask_id': size + 1}


def first_of(processor: SentencePieceProcessor, *names: str, default: int) -> int:
    """The model id of the first piece that exists as a control piece."""
    found = (processor.piece_to_id(name) for name in names)
    return next((index for index in found if processor.is_control(index)), default)


ID_LAYOUTS = {'model': model_layout, 'fairseq': fairseq_layout}
