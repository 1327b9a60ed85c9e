# Weibo NER, second release (https://arxiv.org/abs/1611.04234): named (.NAM) and nominal (.NOM) mentions.
# `python tools/dataset_converters/prepare_dataset.py weibo` brings it.
data_root = 'data/weibo'
categories = ['GPE.NAM', 'GPE.NOM', 'LOC.NAM', 'LOC.NOM', 'ORG.NAM', 'ORG.NOM', 'PER.NAM', 'PER.NOM']
reader = dict(type='ConllReader', joiner='')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='weiboNER_2nd_conll.train', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='weiboNER_2nd_conll.dev', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = dict(val_dataloader, dataset=dict(val_dataloader['dataset'], ann_file='weiboNER_2nd_conll.test'))
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
