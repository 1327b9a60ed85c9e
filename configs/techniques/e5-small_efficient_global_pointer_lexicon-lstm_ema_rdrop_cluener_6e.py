# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_6e.py --amp
_base_ = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py'

model = dict(objective=dict(type='RDrop', alpha=1.0))
