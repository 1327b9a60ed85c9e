"""What predict.py must know beside the graph: `config.json` and `tokenizer.model`."""
from collections.abc import Callable

import numpy as np
from torch import nn

from mmner.datasets.transforms import Tokenize
from mmner.models.decoders import (
    BaseSpanDecoder,
    BiaffineDecoder,
    CRFDecoder,
    EfficientGlobalPointerDecoder,
    GlobalPointerDecoder,
    PartialCRFDecoder,
    SoftmaxDecoder,
    SpanDecoder,
)
from mmner.models.decoders.span_selection import AllSpans, FlatSpans, NestedSpans
from mmner.models.encoders import BertEncoder
from mmner.models.necks import CharFusionNeck, FirstTokenNeck
from mmner.structures import TagScheme
from mmner.tokenizers import BertVocabTokenizer, SentencePieceTokenizer
from mmner.tokenizers.base import BaseTokenizer
from mmner.utils import InputError


def characters(tokenizer: BertVocabTokenizer) -> dict:
    return dict(tokenizer='characters', lowercase=tokenizer.lowercase)


def pieces(tokenizer: SentencePieceTokenizer) -> dict:
    """Ids are places in the file, shifted, but for the first few."""
    ids = tokenizer.ids
    return dict(tokenizer='pieces', first_ids=ids[:3].tolist(), id_shift=int(ids[-1]) - (len(ids) - 1))


# What predict.py calls a tokenizer, and what it must know of it.
TOKENIZERS = {BertVocabTokenizer: characters, SentencePieceTokenizer: pieces}


def softmax(decoder: SoftmaxDecoder) -> dict:
    scheme = decoder.tag_scheme
    steps = (np.where(allowed, 0.0, -np.inf) for allowed in (scheme.allowed, scheme.allowed_start, scheme.allowed_end))
    return dict(decoder='softmax', num_values=scheme.num_tags, **describe_scheme(scheme, *steps))


def crf(decoder: CRFDecoder) -> dict:
    scheme, steps = decoder.tag_scheme, (step.detach().cpu().numpy() for step in decoder.steps())
    return dict(decoder='crf', num_values=scheme.num_tags, **describe_scheme(scheme, *steps))


def efficient_global_pointer(decoder: EfficientGlobalPointerDecoder) -> dict:
    return dict(decoder='efficient_global_pointer', num_values=2 * (decoder.head_size + len(decoder.categories)),
                **spans(decoder), head_size=decoder.head_size)


def global_pointer(decoder: GlobalPointerDecoder) -> dict:
    return dict(decoder='global_pointer', num_values=2 * decoder.head_size * len(decoder.categories), **spans(decoder),
                head_size=decoder.head_size)


def span(decoder: SpanDecoder) -> dict:
    return dict(decoder='span', num_values=2 * len(decoder.categories), **spans(decoder))


def biaffine(decoder: BiaffineDecoder) -> dict:
    size = decoder.head_size
    return dict(decoder='biaffine', num_values=(len(decoder.categories) + 1) * (size + 1) + size, **spans(decoder),
                head_size=size)


def spans(decoder: BaseSpanDecoder) -> dict:
    return dict(categories=decoder.categories, max_width=decoder.max_width,
                selection=SELECTIONS[type(decoder.selection)])


SELECTIONS = {AllSpans: 'all', FlatSpans: 'flat', NestedSpans: 'nested'}

# What values_to_entities.py calls a decoder, and what it must know of it.
DECODERS = {SoftmaxDecoder: softmax, CRFDecoder: crf, PartialCRFDecoder: crf,
            EfficientGlobalPointerDecoder: efficient_global_pointer, GlobalPointerDecoder: global_pointer,
            SpanDecoder: span, BiaffineDecoder: biaffine}


def tokenizer_file(tokenizer: BaseTokenizer) -> bytes:
    """The SentencePiece model, in which no special symbol can be met in text."""
    return tokenizer.processor.serialized_model_proto()


def describe(model: nn.Module, tokenize: Tokenize) -> dict:
    """The content of `config.json`.

    Raises:
        InputError: The text goes a way that predict.py does not know.
    """
    check(model, tokenize)
    tokenizer, decoder = tokenize.tokenizer, model.decoder
    return dict(
        **TOKENIZERS[type(tokenizer)](tokenizer), unk_id=tokenizer.unk_id, bos_id=tokenizer.bos_id,
        eos_id=tokenizer.eos_id, max_length=tokenize.max_length, overlap=tokenize.overlap,
        temperature=model.temperature, **DECODERS[type(decoder)](decoder))


def check_parts(model: nn.Module) -> None:
    """Refuse a model whose encoder, neck or decoder has no export.

    Raises:
        InputError: It names the part.
    """
    if not isinstance(model.encoder, BertEncoder):
        raise InputError(f'{type(model.encoder).__name__} has no export to ONNX; BertEncoder can be exported')
    if not isinstance(model.neck, (FirstTokenNeck, CharFusionNeck)):
        name = 'a model without a neck' if model.neck is None else type(model.neck).__name__
        raise InputError(f'{name} has no export to ONNX; use FirstTokenNeck or CharFusionNeck')
    require_known(model.decoder, DECODERS)


def require_known(part: object, known: dict[type, Callable]) -> None:
    if type(part) not in known:
        raise InputError(f'{type(part).__name__} has no export; {", ".join(kind.__name__ for kind in known)} can be '
                         'exported')


def check(model: nn.Module, tokenize: Tokenize) -> None:
    check_parts(model)
    require_known(tokenize.tokenizer, TOKENIZERS)
    length, num_ids = tokenize.max_length, tokenize.tokenizer.vocab_size
    read_length, num_words = model.encoder.max_length, model.encoder.embeddings.word.num_embeddings
    if tokenize.on_long != 'window':
        raise InputError("the exported predict.py cuts long texts into windows; set on_long='window' in Tokenize of "
                         'test_dataloader')
    if length > read_length or num_ids > num_words:
        raise InputError(f'Tokenize makes up to {length} tokens of {num_ids} ids, but the encoder reads {read_length} '
                         f'of {num_words}; set max_length in Tokenize, or give it the vocabulary of the encoder')


def describe_scheme(scheme: TagScheme, transitions: np.ndarray, start: np.ndarray, end: np.ndarray) -> dict:
    """The tags and the scores of the steps between them; None for one that is forbidden.

    Raises:
        InputError: The scheme reads tags in a way of its own.
    """
    if type(scheme).decode is not TagScheme.decode:
        raise InputError(f'{type(scheme).__name__} reads tags in a way of its own, which has no export; use BIO, '
                         'BIOES, BMES or BILOU')
    transitions, start, end = (np.where(np.isfinite(step), step, None).tolist() for step in (transitions, start, end))
    return dict(tags=describe_tags(scheme), transitions=transitions, start=start, end=end)


def describe_tags(scheme: TagScheme) -> list[dict]:
    """For each tag id its name, the label of its entity (None: none) and whether it surely begins or ends one."""
    return [dict(name=name, label=name.partition('-')[2] or None, begins=bool(begins), ends=bool(ends))
            for name, begins, ends in zip(scheme.tags, scheme.begins, scheme.ends, strict=True)]
