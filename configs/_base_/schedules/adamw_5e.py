# Fine-tuning as BERT's authors do it: AdamW, a short linear warm-up, linear decay to 0; no decay of the encoder's norms and biases.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=5, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='MergedGroupsConstructor',
    optimizer=dict(type='AdamW', lr=3e-5, weight_decay=0.01, fused=True),
    paramwise_cfg=dict(norm_decay_mult=0, bias_decay_mult=0,
                       custom_keys=dict(neck=dict(lr_mult=10), decoder=dict(lr_mult=10))),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=0.5, by_epoch=True, convert_to_iter_based=True),
    dict(type='PolyLR', power=1.0, begin=0.5, by_epoch=True, convert_to_iter_based=True)]
