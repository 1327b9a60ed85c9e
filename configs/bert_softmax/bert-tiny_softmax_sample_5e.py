# python tools/train.py configs/bert_softmax/bert-tiny_softmax_sample_5e.py
#
# The demo: a tiny encoder from random weights on the sample corpus, a minute on two CPU cores.
_base_ = ['../_base_/datasets/sample.py', '../_base_/schedules/adamw_scratch_5e.py', '../_base_/default_runtime.py']

model = dict(
    type='NERModel',
    precision='float32',
    encoder=dict(
        type='BertEncoder',
        vocab_size=2861,
        hidden_size=128,
        num_layers=2,
        num_heads=4,
        intermediate_size=512,
        max_length=128),
    neck=dict(type='FirstTokenNeck'),
    decoder=dict(
        type='SoftmaxDecoder',
        hidden_size=128,
        tag_scheme=dict(type='BIO', categories=_base_.categories),
        loss_module=dict(type='CrossEntropyLoss'),
        dropout=0.1))
