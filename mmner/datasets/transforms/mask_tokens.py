import numpy as np

from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import TOKENIZERS, TRANSFORMS
from mmner.utils import InputError

HIDDEN, REPLACED = 0.8, 0.1        # shares of the chosen tokens that become [MASK] and another token; the rest stays


@TRANSFORMS.register_module()
class MaskTokens(BaseTransform):
    """Choose tokens that the model must guess: BERT's masked language model.

    Every token of the text, or behind `SegmentWords` every word with all its tokens, is chosen with the same
    probability. Of the chosen tokens 80 % become [MASK] (`mask_id` of the tokenizer), 10 % another token, 10 % stay.
    Special tokens and unknown ones are never chosen. Where two windows overlap, a token can be chosen only in
    the window that answers for it, so none counts twice.

    Sources: https://arxiv.org/abs/1810.04805, for whole words https://arxiv.org/abs/1906.08101

    Required keys: input_ids, unit_to_token, sample_idx, unit_words (optional).
    Changed keys: input_ids.
    Added keys: masked_tokens (M,), places of the chosen tokens in `input_ids`, rising; masked_ids (M,), what stood
    there.

    Args:
        tokenizer (dict): Config of the tokenizer, the same as for `Tokenize`.
        probability (float): Probability that a token is chosen.
        seed (int, optional): None draws anew at each access; with a number a sample always has the same masks, as
            validation needs it.

    Raises:
        InputError: The text comes in given words, whose tokens behind the first are not known.
    """

    def __init__(self, *, tokenizer: dict, probability: float = 0.15, seed: int | None = None):
        if not 0 < probability <= 1:
            raise InputError(f'MaskTokens: probability={probability} is not above 0 and at most 1')
        tokenizer = TOKENIZERS.build(tokenizer)
        self.mask_id = tokenizer.mask_id
        self.special_ids = np.array([tokenizer.pad_id, tokenizer.unk_id, tokenizer.bos_id, tokenizer.eos_id,
                                     tokenizer.mask_id])
        self.ordinary_ids = np.setdiff1d(np.arange(tokenizer.vocab_size), self.special_ids)
        self.probability = probability
        self.seed = seed

    def transform(self, results: dict) -> dict:
        if 'unit_offsets' in results:
            raise InputError(f'{results["where"]}: MaskTokens reads texts, not given words; use the TextReader')
        random = np.random if self.seed is None else np.random.RandomState([self.seed, results['sample_idx']])
        input_ids, tokens = results['input_ids'], self._chosen(results, random)
        draws = random.random_sample(len(tokens))
        others = self.ordinary_ids[random.randint(len(self.ordinary_ids), size=len(tokens))]
        results['masked_tokens'], results['masked_ids'] = tokens, input_ids[tokens]
        results['input_ids'] = input_ids.copy()
        results['input_ids'][tokens] = np.select([draws < HIDDEN, draws < HIDDEN + REPLACED], [self.mask_id, others],
                                                 input_ids[tokens])
        return results

    def _chosen(self, results: dict, random) -> np.ndarray:
        """(M,) places of the tokens to guess, rising."""
        unit_to_token = results['unit_to_token']
        words = words_of_units(unit_to_token, results.get('unit_words', np.arange(len(unit_to_token))))
        is_chosen = random.random_sample(len(unit_to_token))[words] < self.probability
        tokens = np.unique(unit_to_token[is_chosen])
        return tokens[~np.isin(results['input_ids'][tokens], self.special_ids)]


def words_of_units(unit_to_token: np.ndarray, unit_words: np.ndarray) -> np.ndarray:
    """(U,) tokens and (U,) words of the units to the (U,) numbers of words that share no token.

    Two words of which a token holds a part each become one.
    """
    begins = np.ones(len(unit_to_token), bool)
    begins[1:] = (unit_to_token[1:] != unit_to_token[:-1]) & (unit_words[1:] != unit_words[:-1])
    return begins.cumsum() - 1
