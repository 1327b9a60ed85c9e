"""Who is measured: every contestant runs the same texts through the same weights, in a process of its own."""
from typing import NamedTuple


class Contestant(NamedTuple):
    """One way of doing the work.

    Attributes:
        name (str): The library and how it is used, as tables and plots call it.
        way (str): 'module.function' of this package, called as `function(task, turns, **arguments)`.
        arguments (dict): What the function gets beside them.
        part (int): Measure on the first 1/part of the sentences; slow contestants need no more.
    """
    name: str
    way: str
    arguments: dict
    part: int = 1


# mmner's own way comes first: the ratios are those of the first to the others.
CPU = dict(
    training=(
        Contestant('mmner, bfloat16, batch 32', 'mmner_way.train', dict(precision='bfloat16', batch_size=32)),
        Contestant('transformers, bfloat16 autocast, batch 32', 'transformers_way.train',
                   dict(autocast=True, batch_size=32)),
        Contestant('transformers, bfloat16 autocast, batch 32, of like length', 'transformers_way.train',
                   dict(autocast=True, batch_size=32, like_length=True)),
        Contestant('transformers, float32, batch 8', 'transformers_way.train', dict(autocast=False, batch_size=8), 2),
        Contestant("MMOCR's way: float32, batch 8, padded to 128", 'transformers_way.train_as_mmocr', {}, 4)),
    inference=(
        Contestant('mmner, bfloat16, batch 64', 'mmner_way.predict', dict(precision='bfloat16', batch_size=64)),
        Contestant('mmner, int8, batch 64', 'mmner_way.predict', dict(precision='int8', batch_size=64)),
        Contestant('mmner, float32, batch 64', 'mmner_way.predict', dict(precision='float32', batch_size=64), 2),
        Contestant('transformers, bfloat16 weights, batch 64, sorted by length', 'transformers_way.predict',
                   dict(weights='bfloat16', batch_size=64, longest_first=True)),
        Contestant('transformers, bfloat16 weights, batch 64', 'transformers_way.predict',
                   dict(weights='bfloat16', batch_size=64)),
        Contestant('transformers, bfloat16 autocast, batch 64', 'transformers_way.predict',
                   dict(autocast=True, batch_size=64)),
        Contestant('transformers, float32, batch 8', 'transformers_way.predict', dict(batch_size=8), 2),
        Contestant('transformers pipeline, batch_size=64', 'transformers_way.pipeline', dict(batch_size=64), 2),
        Contestant('transformers pipeline at its defaults', 'transformers_way.pipeline', {}, 4),
        Contestant('onnxruntime, int8, batch 32', 'onnx_way.predict', dict(precision='int8', batch_size=32), 2),
        Contestant('onnxruntime, float32, batch 32', 'onnx_way.predict', dict(precision='float32', batch_size=32), 2)))

CUDA = dict(
    training=(
        Contestant('mmner, bfloat16, batch 64', 'mmner_way.train', dict(precision='bfloat16', batch_size=64)),
        *(Contestant(f'transformers, {attention}, bfloat16 autocast, batch 64', 'transformers_way.train',
                     dict(autocast=True, batch_size=64, attention=attention))
          for attention in ('sdpa', 'flash_attention_2'))),
    inference=(
        Contestant('mmner, bfloat16, batch 256', 'mmner_way.predict', dict(precision='bfloat16', batch_size=256)),
        *(Contestant(f'transformers, {attention}, bfloat16 weights, batch 256, sorted by length',
                     'transformers_way.predict',
                     dict(weights='bfloat16', batch_size=256, attention=attention, longest_first=True))
          for attention in ('sdpa', 'flash_attention_2')),
        *(Contestant(f'transformers, {attention}, bfloat16 autocast, batch 256', 'transformers_way.predict',
                     dict(autocast=True, batch_size=256, attention=attention))
          for attention in ('sdpa', 'flash_attention_2')),
        Contestant('transformers pipeline at its defaults', 'transformers_way.pipeline', {}, 16)))

ALL = dict(cpu=CPU, cuda=CUDA)
