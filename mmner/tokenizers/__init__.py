from mmner.tokenizers.base import BaseTokenizer, Encoding
from mmner.tokenizers.sampling_sentencepiece_tokenizer import SamplingSentencePieceTokenizer
from mmner.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from mmner.tokenizers.vocab_tokenizer import BertVocabTokenizer

__all__ = ['BaseTokenizer', 'BertVocabTokenizer', 'Encoding', 'SamplingSentencePieceTokenizer',
           'SentencePieceTokenizer']
