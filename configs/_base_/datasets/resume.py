# Resume NER (https://aclanthology.org/P18-1144/): characters with BMES tags. Its authors name no licence.
# `python tools/dataset_converters/prepare_dataset.py resume` brings it.
data_root = 'data/resume'
categories = ['CONT', 'EDU', 'LOC', 'NAME', 'ORG', 'PRO', 'RACE', 'TITLE']
reader = dict(type='ConllReader', joiner='')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='train.char.bmes', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='dev.char.bmes', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = dict(val_dataloader, dataset=dict(val_dataloader['dataset'], ann_file='test.char.bmes'))
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
