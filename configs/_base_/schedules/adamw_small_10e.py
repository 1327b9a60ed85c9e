# For small encoders on corpora smaller than CLUENER: as adamw_small_6e, for 10 epochs.
_base_ = 'adamw_small_6e.py'
train_cfg = dict(max_epochs=10)
