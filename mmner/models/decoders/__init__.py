from mmner.models.decoders.base import BaseDecoder, BaseTaggingDecoder
from mmner.models.decoders.crf_decoder import CRFDecoder
from mmner.models.decoders.mmocr_softmax_decoder import MMOCRSoftmaxDecoder
from mmner.models.decoders.softmax_decoder import SoftmaxDecoder

__all__ = ['BaseDecoder', 'BaseTaggingDecoder', 'CRFDecoder', 'MMOCRSoftmaxDecoder', 'SoftmaxDecoder']
