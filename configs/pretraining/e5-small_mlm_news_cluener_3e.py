# pip install -r requirements-lexicon.txt
# python tools/model_converters/pretraining_to_hf.py configs/pretraining/e5-small_mlm_news_1e.py work_dirs/e5-small_mlm_news_1e/epoch_1.pth --out checkpoints/e5-small_mlm_news
# python tools/train.py configs/pretraining/e5-small_mlm_news_cluener_3e.py --amp
#
# From news in general on to the texts of CLUENER.
_base_ = 'e5-small_mlm_cluener_3e.py'

pretrained = 'checkpoints/e5-small_mlm_news'
tokenizer = dict(type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')

model = dict(encoder=dict(checkpoint=pretrained))
tokenize = dict(type='Tokenize', max_length=512, tokenizer=tokenizer)
segment = dict(type='SegmentWords', sources=['jieba'])
mask = dict(type='MaskTokens', tokenizer=tokenizer, probability=0.15)
pack = dict(type='PackMaskedInputs')
train_dataloader = dict(dataset=dict(pipeline=[tokenize, segment, mask, pack]))
val_dataloader = dict(dataset=dict(pipeline=[tokenize, segment, dict(mask, seed=0), pack]))
test_dataloader = val_dataloader
