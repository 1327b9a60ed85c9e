# For small encoders on corpora smaller than CLUENER: as adamw_small_6e, for 10 epochs.
_base_ = 'adamw_small_6e.py'
max_epochs = 10
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=1, by_epoch=True, convert_to_iter_based=True),
    dict(type='PolyLR', power=1.0, begin=1, end=max_epochs, by_epoch=True, convert_to_iter_based=True)]
