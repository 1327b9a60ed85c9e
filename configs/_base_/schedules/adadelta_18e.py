# MMOCR 0.6.3's schedule: Adadelta, gradients clipped to norm 0.5, the rate divided by 10 after epochs 8, 14 and 16.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=18, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adadelta', lr=0.5), clip_grad=dict(max_norm=0.5))
param_scheduler = [dict(type='MultiStepLR', milestones=[8, 14, 16], gamma=0.1, by_epoch=True)]
