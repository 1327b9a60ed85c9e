# python tools/train.py configs/bert_softmax/bert_softmax_cluener_18e.py
#
# The run of MMOCR 0.6.3 with its own settings and habits (docs/mmocr_style.md). It needs BERT-base Chinese:
# vocab.txt, and config.json with model.safetensors or pytorch_model.bin, or MMOCR's bert_pretrain.pth.
_base_ = ['../_base_/datasets/cluener.py', '../_base_/schedules/adadelta_18e.py', '../_base_/default_runtime.py']

pretrained = 'checkpoints/bert-base-chinese'
vocab_file = 'checkpoints/bert-base-chinese/vocab.txt'

model = dict(
    type='NERModel',
    precision='float32',
    encoder=dict(
        type='BertEncoder',
        vocab_size=21128,
        hidden_size=768,
        num_layers=12,
        num_heads=12,
        intermediate_size=3072,
        max_length=512,
        activation='gelu_tanh',
        hidden_dropout=0.1,
        attention_dropout=0.1,
        init_cfg=dict(type='Pretrained', checkpoint=pretrained)),
    neck=None,
    decoder=dict(
        type='MMOCRSoftmaxDecoder',
        hidden_size=768,
        tag_scheme=dict(type='MMOCRScheme', categories=_base_.categories),
        loss_module=dict(type='CrossEntropyLoss'),
        dropout=0.1))

pipeline = [
    dict(type='Tokenize', max_length=128, on_long='truncate',
         tokenizer=dict(type='BertVocabTokenizer', vocab_file=vocab_file, lowercase=True)),
    dict(type='PackNERInputs')]
train_dataloader = dict(batch_size=8, batch_sampler=None, dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
val_evaluator = dict(style='mmocr')
test_evaluator = dict(style='mmocr')
