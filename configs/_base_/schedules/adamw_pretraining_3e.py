# To go on with the pre-training of a small encoder: AdamW, a short linear warm-up, linear decay to 0.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=3, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='MergedGroupsConstructor',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.01, fused=True),
    paramwise_cfg=dict(norm_decay_mult=0, bias_decay_mult=0),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=0.3, by_epoch=True, convert_to_iter_based=True),
    dict(type='PolyLR', power=1.0, begin=0.3, by_epoch=True, convert_to_iter_based=True)]
