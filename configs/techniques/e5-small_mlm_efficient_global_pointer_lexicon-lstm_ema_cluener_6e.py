# pip install -r requirements-lexicon.txt
# python tools/model_converters/pretraining_to_hf.py configs/pretraining/e5-small_mlm_news_cluener_3e.py work_dirs/e5-small_mlm_news_cluener_3e/epoch_3.pth --out checkpoints/e5-small_mlm_news_cluener
# python tools/train.py configs/techniques/e5-small_mlm_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py --amp
#
# From an encoder that went on learning from texts (configs/pretraining/README.md), which did not help.
_base_ = 'e5-small_efficient_global_pointer_lexicon-lstm_ema_cluener_6e.py'

pretrained = 'checkpoints/e5-small_mlm_news_cluener'
model = dict(encoder=dict(checkpoint=pretrained))
pipeline = [
    dict(type='Tokenize', max_length=64, tokenizer=dict(
        type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')),
    dict(type='MatchLexicon', sources=['jieba'], tags=_base_.tags),
    dict(type='PackNERInputs')]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
