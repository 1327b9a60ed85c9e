from mmner.models.heads.base import BasePretrainingHead
from mmner.models.heads.masked_language_head import MaskedLanguageHead
from mmner.models.heads.next_sentence_head import NextSentenceHead

__all__ = ['BasePretrainingHead', 'MaskedLanguageHead', 'NextSentenceHead']
