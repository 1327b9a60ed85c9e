# python tools/train.py configs/pretraining/bert-tiny_mlm-nsp_sample_3e.py
#
# Both tasks of BERT. The lines of the sample corpus do not belong together, so nothing is to be learned here about
# which follows which; give a text of your own, with a blank line between documents.
_base_ = 'bert-tiny_mlm_sample_3e.py'

tokenize = dict(type='Tokenize', max_length=64, on_long='truncate', tokenizer=_base_.tokenizer)
mask = dict(type='MaskTokens', tokenizer=_base_.tokenizer, probability=0.15)
join, pack = dict(type='JoinSentencePair'), dict(type='PackMaskedInputs')

model = dict(heads=[dict(type='MaskedLanguageHead'), dict(type='NextSentenceHead')])
train_dataloader = dict(dataset=dict(type='NextSentenceDataset', pipeline=[tokenize, join, mask, pack]))
val_dataloader = dict(dataset=dict(
    type='NextSentenceDataset', seed=0, pipeline=[tokenize, join, dict(mask, seed=0), pack]))
test_dataloader = val_dataloader
val_evaluator = [dict(type='MaskedLanguageMetric'), dict(type='NextSentenceMetric')]
test_evaluator = val_evaluator
