# python tools/model_converters/pretraining_to_hf.py configs/pretraining/e5-small_mlm_cluener_3e.py work_dirs/e5-small_mlm_cluener_3e/epoch_3.pth --out checkpoints/e5-small_mlm_cluener
# python tools/train.py configs/techniques/e5-small_mlm-cluener_softmax_cluener_6e.py --amp
#
# From an encoder that went on learning from the texts of CLUENER (configs/pretraining/README.md).
_base_ = '../bert_softmax/e5-small_softmax_cluener_6e.py'

pretrained = 'checkpoints/e5-small_mlm_cluener'
model = dict(encoder=dict(checkpoint=pretrained))
pipeline = [
    dict(type='Tokenize', max_length=64, tokenizer=dict(
        type='SentencePieceTokenizer', model_file=f'{pretrained}/sentencepiece.model')),
    dict(type='PackNERInputs')]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
