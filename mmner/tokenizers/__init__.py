from mmner.tokenizers.base import BaseTokenizer, Encoding
from mmner.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from mmner.tokenizers.vocab_tokenizer import BertVocabTokenizer

__all__ = ['BaseTokenizer', 'BertVocabTokenizer', 'Encoding', 'SentencePieceTokenizer']
