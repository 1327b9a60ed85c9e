from collections.abc import Iterable, Sequence

import numpy as np
from sentencepiece import SentencePieceProcessor

from mmner.models.converters.unigram_model import SpecialIds, build_unigram_model
from mmner.utils import InputError

SPACE = '▁'
COMMON_CHARACTERS = (
    (0x20, 0x7f),           # ASCII
    (0xa0, 0x100),          # Latin-1
    (0x2000, 0x2070),       # general punctuation
    (0x3000, 0x3040),       # CJK punctuation
    (0x3040, 0x3100),       # kana
    (0x3400, 0x4dc0),       # CJK extension A
    (0x4e00, 0xa000),       # CJK
    (0xf900, 0xfb00),       # CJK compatibility
    (0xff00, 0xfff0),       # full-width and half-width forms
)


def trim_vocabulary(pieces: Sequence[str], scores: np.ndarray, texts: Sequence[str], *,
                    special_ids: SpecialIds) -> tuple[np.ndarray, bytes]:
    """Drop the pieces that a corpus does not need.

    The trimmed model segments every one of `texts` as the whole model does; this is checked. Other texts stay
    readable, in shorter pieces: the single characters of Chinese, Japanese kana and Latin-1 are kept too.

    Args:
        pieces (Sequence[str]): The pieces of the whole model by id.
        scores (np.ndarray): Their log probabilities.
        texts (Sequence[str]): The corpus.
        special_ids (SpecialIds): 0 to 3 in some order; these pieces keep their ids.

    Returns:
        tuple: The old ids of the kept pieces in rising order (the place in it is the new id), and the content of the
        trimmed model file.
    """
    whole = SentencePieceProcessor(model_proto=build_unigram_model(pieces, scores, special_ids=special_ids))
    segmented = [whole.encode(text) for text in texts]
    used = set().union(*segmented)
    singles = _single_characters(whole, [*texts, *(pieces[index] for index in used)])
    kept = used.union(index for index, piece in enumerate(pieces) if piece in singles)
    # SentencePiece rates an unknown character below the worst piece: without that piece its price would change
    kept = np.array(sorted(kept.union(special_ids, [int(np.argmin(scores))])))
    trimmed = build_unigram_model([pieces[index] for index in kept], scores[kept], special_ids=special_ids)
    _check_segmentation(trimmed, kept, texts, segmented)
    return kept, trimmed


def _single_characters(whole: SentencePieceProcessor, texts: Iterable[str]) -> set[str]:
    """What each character, alone and normalised, can be as a piece: '㎡' is 'm2', or '▁m2' at the start of a word."""
    characters = set().union(*texts)
    characters.update(chr(code) for first, end in COMMON_CHARACTERS for code in range(first, end))
    normalised = {whole.normalize(character).strip(SPACE) for character in characters}
    return normalised | {SPACE + piece for piece in normalised}


def _check_segmentation(model: bytes, kept: np.ndarray, texts: Iterable[str], segmented: Iterable[list[int]]) -> None:
    trimmed = SentencePieceProcessor(model_proto=model)
    for text, expected in zip(texts, segmented, strict=True):
        if kept[trimmed.encode(text)].tolist() != expected:
            raise InputError(f'the trimmed vocabulary splits {text!r} otherwise than the whole one, into '
                             f'{trimmed.encode(text, out_type=str)}; convert without --corpus and report this text')
