# CMeEE with nested entities (CBLUE, https://arxiv.org/abs/2106.08087). Tianchi gives it to those who accept its terms;
# `python tools/dataset_converters/prepare_dataset.py cmeee --archive FILE` takes the files from its archive.
# The labels of its test set are not public, so dev is the test set; cmeee_nested.py splits dev in three.
data_root = 'data/cmeee'
categories = ['bod', 'dep', 'dis', 'dru', 'equ', 'ite', 'mic', 'pro', 'sym']
reader = dict(type='CMeEEReader')
# The leaf says how text becomes tokens: `train_dataloader.dataset.pipeline` and the same for val and test.
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='TokenBudgetBatchSampler', max_tokens=4096),     # dev has texts of up to 1804 characters
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='CMeEE_train.json', categories=categories, reader=reader))
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    batch_sampler=dict(type='LengthBucketBatchSampler'),
    collate_fn=dict(type='pack_samples'),
    dataset=dict(
        type='NERDataset', data_root=data_root, ann_file='CMeEE_dev.json', categories=categories, test_mode=True,
        reader=reader))
test_dataloader = val_dataloader
val_evaluator = dict(type='SpanF1Metric')
test_evaluator = val_evaluator
