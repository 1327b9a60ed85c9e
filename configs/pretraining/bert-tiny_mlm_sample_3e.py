# python tools/train.py configs/pretraining/bert-tiny_mlm_sample_3e.py
#
# The demo: a tiny encoder from random weights learns to guess masked characters of the sample corpus.
_base_ = ['../_base_/schedules/adamw_pretraining_3e.py', '../_base_/default_runtime.py']

data_root = 'mmner/datasets/sample'
tokenizer = dict(type='BertVocabTokenizer', vocab_file=f'{data_root}/vocab.txt', lowercase=True)

model = dict(
    type='PretrainingModel',
    precision='float32',
    encoder=dict(
        type='BertEncoder',
        vocab_size=2861,
        hidden_size=128,
        num_layers=2,
        num_heads=4,
        intermediate_size=512,
        max_length=128),
    heads=[dict(type='MaskedLanguageHead')])

train_pipeline = [
    dict(type='Tokenize', max_length=128, tokenizer=tokenizer),
    dict(type='MaskTokens', tokenizer=tokenizer, probability=0.15),
    dict(type='PackMaskedInputs')]
val_pipeline = [train_pipeline[0], dict(train_pipeline[1], seed=0), train_pipeline[2]]
train_dataloader = dict(
    batch_size=16,
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
optim_wrapper = dict(optimizer=dict(lr=1e-3))       # from random weights
