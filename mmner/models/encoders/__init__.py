from mmner.models.encoders.bert_encoder import BertEncoder, PretrainedBertEncoder

__all__ = ['BertEncoder', 'PretrainedBertEncoder']
