# GENIA 3.02p (https://doi.org/10.1093/bioinformatics/btg1023): words, nested entities of five categories.
# `python tools/dataset_converters/prepare_dataset.py genia` brings it.
data_root = 'data/genia'
categories = ['DNA', 'RNA', 'cell_line', 'cell_type', 'protein']
reader = dict(type='JsonLinesReader')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='train.jsonl', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='dev.jsonl', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = dict(val_dataloader, dataset=dict(val_dataloader['dataset'], ann_file='test.jsonl'))
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
