from mmner.models.decoders.base import BaseDecoder, BaseTaggingDecoder, ComparableDecoder
from mmner.models.decoders.biaffine_decoder import BiaffineDecoder
from mmner.models.decoders.crf_decoder import CRFDecoder
from mmner.models.decoders.efficient_global_pointer_decoder import EfficientGlobalPointerDecoder
from mmner.models.decoders.global_pointer_decoder import GlobalPointerDecoder
from mmner.models.decoders.mmocr_softmax_decoder import MMOCRSoftmaxDecoder
from mmner.models.decoders.partial_crf_decoder import PartialCRFDecoder
from mmner.models.decoders.softmax_decoder import SoftmaxDecoder
from mmner.models.decoders.span_base import BaseSpanDecoder
from mmner.models.decoders.span_decoder import SpanDecoder
from mmner.models.decoders.span_grid import BaseSpanGridDecoder
from mmner.models.decoders.span_selection import AllSpans, FlatSpans, NestedSpans
from mmner.models.decoders.w2ner_decoder import W2NERDecoder

__all__ = ['AllSpans', 'BaseDecoder', 'BaseSpanDecoder', 'BaseSpanGridDecoder', 'BaseTaggingDecoder', 'BiaffineDecoder',
           'CRFDecoder', 'ComparableDecoder', 'EfficientGlobalPointerDecoder', 'FlatSpans', 'GlobalPointerDecoder',
           'MMOCRSoftmaxDecoder', 'NestedSpans', 'PartialCRFDecoder', 'SoftmaxDecoder', 'SpanDecoder', 'W2NERDecoder']
