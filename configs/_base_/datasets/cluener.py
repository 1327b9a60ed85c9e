# CLUENER2020 (https://arxiv.org/abs/2001.04351). `python tools/dataset_converters/prepare_dataset.py cluener` brings it.
data_root = 'data/cluener'
categories = ['address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene']

# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='train.json', categories=categories,
        reader=dict(type='CLUENERReader')))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='dev.json', categories=categories, test_mode=True,
        reader=dict(type='CLUENERReader')))
test_dataloader = val_dataloader
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
