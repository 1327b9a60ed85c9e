# MSRA, SIGHAN bakeoff 2006 (https://aclanthology.org/W06-0115/).
# `python tools/dataset_converters/prepare_dataset.py msra` brings it.
# It has no dev set: the test set stands in for it, so the best epoch is none to report.
data_root = 'data/msra'
categories = ['LOC', 'ORG', 'PER']
reader = dict(type='ConllReader', joiner='')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='msra_train_bio.txt', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='msra_test_bio.txt', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = val_dataloader
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
