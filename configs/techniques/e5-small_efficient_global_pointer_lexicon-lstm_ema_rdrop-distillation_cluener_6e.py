# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop-distillation_cluener_6e.py --amp
#
# The teachers come first: python benchmarks/methods.py, with their two configs.
_base_ = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py'

of_six = 'e5-small_efficient_global_pointer_lexicon-lstm_cluener_6e'
of_eight = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_rdrop_cluener_8e'

model = dict(objective=dict(
    type='RDropDistillation',
    teachers=[dict(config=f'configs/lexicon/{of_six}.py', checkpoint=f'work_dirs/methods/{of_six}/seed42/epoch_6.pth'),
              dict(config=f'configs/techniques/{of_eight}.py', checkpoint=f'work_dirs/methods/{of_eight}/seed42/epoch_8.pth')],
    temperature=1.0,
    weight=0.5,
    alpha=1.0))
