from mmner.datasets.transforms.join_sentence_pair import JoinSentencePair
from mmner.datasets.transforms.mask_tokens import MaskTokens
from mmner.datasets.transforms.match_lexicon import MatchLexicon
from mmner.datasets.transforms.pack_masked_inputs import PackMaskedInputs
from mmner.datasets.transforms.pack_ner_inputs import PackNERInputs
from mmner.datasets.transforms.sample_tokens import SampleTokens
from mmner.datasets.transforms.segment_words import SegmentWords
from mmner.datasets.transforms.split_words import SplitWords
from mmner.datasets.transforms.tokenize import Tokenize

__all__ = ['JoinSentencePair', 'MaskTokens', 'MatchLexicon', 'PackMaskedInputs', 'PackNERInputs', 'SampleTokens',
           'SegmentWords', 'SplitWords', 'Tokenize']
