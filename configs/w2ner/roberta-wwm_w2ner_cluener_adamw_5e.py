# python tools/train.py configs/w2ner/roberta-wwm_w2ner_cluener_adamw_5e.py --amp
_base_ = './bert_w2ner_cluener_adamw_5e.py'

pretrained = 'checkpoints/chinese-roberta-wwm-ext'

model = dict(encoder=dict(init_cfg=dict(checkpoint=pretrained)))

pipeline = [
    dict(type='Tokenize', max_length=512,
         tokenizer=dict(type='BertVocabTokenizer', vocab_file=f'{pretrained}/vocab.txt', lowercase=True)),
    dict(type='PackNERInputs')]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
