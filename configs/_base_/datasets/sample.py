# The sample corpus that comes with mmner, in CLUENER's format.
data_root = 'mmner/datasets/sample'
categories = ['address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene']
vocab_file = f'{data_root}/vocab.txt'

pipeline = [
    dict(type='Tokenize', max_length=128,
         tokenizer=dict(type='BertVocabTokenizer', vocab_file=vocab_file, lowercase=True)),
    dict(type='PackNERInputs')]
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='train.json', categories=categories, pipeline=pipeline,
        reader=dict(type='CLUENERReader')))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='dev.json', categories=categories, pipeline=pipeline,
        test_mode=True, reader=dict(type='CLUENERReader')))
test_dataloader = val_dataloader
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
