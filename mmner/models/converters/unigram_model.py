from collections.abc import Sequence
from typing import NamedTuple

from sentencepiece import SentencePieceNormalizer
from sentencepiece import sentencepiece_model_pb2 as model_pb2

MASK_PIECE = '<mask>'


class SpecialIds(NamedTuple):
    """Ids of the pieces that no text becomes."""
    bos: int
    pad: int
    eos: int
    unk: int


def build_unigram_model(pieces: Sequence[str], scores: Sequence[float], *, special_ids: SpecialIds) -> bytes:
    """A serialised SentencePiece unigram model, the content of a `.model` file.

    The text is normalised as XLM-RoBERTa does it: rule nmt_nfkc, runs of whitespace become one '▁', one '▁' in front.

    Args:
        pieces (Sequence[str]): The pieces by id. `<mask>` among them becomes a control piece too, so that '<mask>'
            in a text is text.
        scores (Sequence[float]): Log probabilities of the pieces.
        special_ids (SpecialIds): bos, pad and eos become control pieces, unk the unknown piece.
    """
    model = model_pb2.ModelProto()
    for index, (piece, score) in enumerate(zip(pieces, scores, strict=True)):
        model.pieces.add(piece=piece, score=float(score), type=_piece_type(index, piece, special_ids))
    model.trainer_spec.model_type = model_pb2.TrainerSpec.UNIGRAM
    model.trainer_spec.vocab_size = len(pieces)
    model.trainer_spec.byte_fallback = False
    for name, index in special_ids._asdict().items():
        setattr(model.trainer_spec, f'{name}_id', index)
        setattr(model.trainer_spec, f'{name}_piece', pieces[index])
    model.normalizer_spec.CopyFrom(_xlmr_normaliser())
    return model.SerializeToString()


def _piece_type(index: int, piece: str, special_ids: SpecialIds) -> int:
    types = model_pb2.ModelProto.SentencePiece
    if index == special_ids.unk:
        return types.UNKNOWN
    return types.CONTROL if index in special_ids or piece == MASK_PIECE else types.NORMAL


def _xlmr_normaliser() -> model_pb2.NormalizerSpec:
    normaliser = SentencePieceNormalizer(rule_name='nmt_nfkc')
    spec = model_pb2.ModelProto.FromString(normaliser.serialized_model_proto()).normalizer_spec
    spec.add_dummy_prefix = spec.remove_extra_whitespaces = spec.escape_whitespaces = True
    return spec
