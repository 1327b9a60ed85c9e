from mmner.datasets.transforms.formatting import PackNERInputs
from mmner.datasets.transforms.tokenize import Tokenize

__all__ = ['PackNERInputs', 'Tokenize']
