# GermEval 2014 (https://aclanthology.org/L14-1251/): words with two layers of BIO tags, nested entities. CC BY 4.0.
# `python tools/dataset_converters/prepare_dataset.py germeval2014` brings it.
data_root = 'data/germeval2014'
categories = [
    'LOC', 'LOCderiv', 'LOCpart', 'ORG', 'ORGderiv', 'ORGpart', 'OTH', 'OTHderiv', 'OTHpart', 'PER', 'PERderiv', 'PERpart']
reader = dict(type='ConllReader', separator='\t', token_column=1, tag_column=(2, 3), comment='#', joiner=' ')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='NER-de-train.tsv', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='NER-de-dev.tsv', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = dict(val_dataloader, dataset=dict(val_dataloader['dataset'], ann_file='NER-de-test.tsv'))
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
