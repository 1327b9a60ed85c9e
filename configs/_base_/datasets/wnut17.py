# WNUT-17, emerging entities in English social media (https://aclanthology.org/W17-4418/): words with BIO tags. CC BY 4.0.
# `python tools/dataset_converters/prepare_dataset.py wnut17` brings it.
data_root = 'data/wnut17'
categories = ['corporation', 'creative-work', 'group', 'location', 'person', 'product']
reader = dict(type='ConllReader', separator='\t', joiner=' ')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='wnut17train.conll', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='emerging.dev.conll', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = dict(val_dataloader, dataset=dict(val_dataloader['dataset'], ann_file='emerging.test.annotated'))
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
