# python tools/train.py configs/techniques/e5-small_softmax_rdrop_cluener_6e.py --amp
_base_ = '../bert_softmax/e5-small_softmax_cluener_6e.py'

model = dict(objective=dict(type='RDrop', alpha=1.0))
