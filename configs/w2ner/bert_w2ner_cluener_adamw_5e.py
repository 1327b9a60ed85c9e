# python tools/train.py configs/w2ner/bert_w2ner_cluener_adamw_5e.py --amp
_base_ = ['../_base_/datasets/cluener.py', '../_base_/schedules/adamw_5e.py', '../_base_/default_runtime.py']

pretrained = 'checkpoints/bert-base-chinese'

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
        activation='gelu',
        hidden_dropout=0.1,
        attention_dropout=0.1,
        init_cfg=dict(type='Pretrained', checkpoint=pretrained)),
    neck=dict(type='LSTMNeck', hidden_size=768, neck=dict(type='FirstTokenNeck')),
    decoder=dict(
        type='W2NERDecoder',
        hidden_size=768,
        categories=_base_.categories,
        channels=96,
        dilations=(1, 2, 3),
        place_size=20,
        head_size=150,
        max_length=64,
        max_chains=16,
        loss_module=dict(type='CrossEntropyLoss'),
        dropout=0.1))

pipeline = [
    dict(type='Tokenize', max_length=512,
         tokenizer=dict(type='BertVocabTokenizer', vocab_file=f'{pretrained}/vocab.txt', lowercase=True)),
    dict(type='PackNERInputs')]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
