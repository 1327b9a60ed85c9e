# CoNLL-2003, English (https://aclanthology.org/W03-0419/): words with IOB1 tags. NIST gives the texts to those who sign;
# `python tools/dataset_converters/prepare_dataset.py conll2003 --archive FOLDER` checks your files.
data_root = 'data/conll2003'
categories = ['LOC', 'MISC', 'ORG', 'PER']
reader = dict(type='ConllReader', joiner=' ')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='eng.train', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='eng.testa', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = dict(val_dataloader, dataset=dict(val_dataloader['dataset'], ann_file='eng.testb'))
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
