# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_distillation_cluener_6e.py --amp
#
# The teacher comes first: python tools/train.py configs/techniques/e5-small_efficient_global_pointer_ema_cluener_6e.py --amp
_base_ = '../bert_global_pointer/e5-small_efficient_global_pointer_cluener_6e.py'

model = dict(objective=dict(
    type='Distillation',
    teacher_config='configs/techniques/e5-small_efficient_global_pointer_ema_cluener_6e.py',
    teacher_checkpoint='work_dirs/e5-small_efficient_global_pointer_ema_cluener_6e/epoch_6.pth',
    temperature=2.0,
    weight=0.5))
