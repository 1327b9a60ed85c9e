import numpy as np
import sentencepiece

from mmner.registry import TOKENIZERS
from mmner.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from mmner.utils import InputError


@TOKENIZERS.register_module()
class SamplingSentencePieceTokenizer(SentencePieceTokenizer):
    """Pieces of a SentencePiece model, cut another way each time: subword regularization, for training.

    A unigram model draws a segmentation by its probability to the power of `alpha`, so the lower, the more varied; a
    BPE model leaves out each merge with probability `alpha`. NumPy's random state decides within a process; another
    process draws otherwise from the same seed, for sentencepiece (0.2.3) salts it. So a run cannot be repeated exactly.

    Sources: https://arxiv.org/abs/1804.10959 (unigram), https://arxiv.org/abs/1910.13267 (BPE-dropout)

    Args:
        alpha (float): In (0, 1].
        kwargs: Arguments of `SentencePieceTokenizer`.

    Raises:
        InputError: `alpha` lies outside, or the model is of a type that cuts a text in one way alone (word, character).
    """

    def __init__(self, *, alpha: float, **kwargs):
        if not 0 < alpha <= 1:
            raise InputError(f'SamplingSentencePieceTokenizer: alpha={alpha} is not above 0 and at most 1')
        super().__init__(**kwargs)
        self.alpha = alpha
        try:
            self._encode('a', 'numpy')
        except RuntimeError:
            raise InputError(f'{kwargs["model_file"]} cuts a text in one way alone; sampling needs a unigram or BPE '
                             'model') from None

    def _encode(self, text: str, return_type: str):
        sentencepiece.set_random_generator_seed(np.random.randint(2 ** 32, dtype=np.uint32))
        return self.processor.encode(text, return_type=return_type, enable_sampling=True, alpha=self.alpha,
                                     nbest_size=-1)
