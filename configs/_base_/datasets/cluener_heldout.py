# CLUENER2020's train, a tenth of it held out to choose settings on, so that dev stays for measuring. With CLUENER prepared:
# python tools/dataset_converters/split_dataset.py data/cluener/train.json data/cluener_heldout --parts train.json=0.9 dev.json=0.1
data_root = 'data/cluener_heldout'
categories = ['address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene']
reader = dict(type='CLUENERReader')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='train.json', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='dev.json', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = val_dataloader
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
