# python tools/train.py configs/techniques/e5-small_softmax_distillation_cluener_6e.py --amp
#
# The teacher comes first: python tools/train.py configs/techniques/e5-small_softmax_fgm_cluener_6e.py --amp
_base_ = '../bert_softmax/e5-small_softmax_cluener_6e.py'

model = dict(objective=dict(
    type='Distillation',
    teacher_config='configs/techniques/e5-small_softmax_fgm_cluener_6e.py',
    teacher_checkpoint='work_dirs/e5-small_softmax_fgm_cluener_6e/epoch_6.pth',
    temperature=2.0,
    weight=0.5))
