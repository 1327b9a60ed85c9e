from collections import Counter

import numpy as np
import pytest
import sentencepiece as spm

from mmner.tokenizers import SamplingSentencePieceTokenizer, SentencePieceTokenizer
from mmner.utils import InputError

TEXT = 'The quick brown fox jumps over the lazy dog'


def samples(tokenizer, text: str, number: int) -> list[tuple]:
    np.random.seed(0)
    return [tuple(map(tuple, tokenizer.encode(text))) for _ in range(number)]


@pytest.mark.parametrize('name, layout', [('e5', 'model'), ('fairseq', 'fairseq'), ('bytes', 'model')])
@pytest.mark.parametrize('text', [TEXT, 'a ﬁ ㍿ 😀😀 e\u0301', ' \ufeffＡＢＣ株式会社 ', '', '  '])
def test_whatever_is_drawn_spells_the_text(models, name, layout, text):
    arguments = dict(model_file=models[name], id_layout=layout)
    tokenizer = SamplingSentencePieceTokenizer(alpha=0.2, **arguments)
    plain = SentencePieceTokenizer(**arguments)
    processor = spm.SentencePieceProcessor(model_file=models[name])
    to_model = {int(own): number for number, own in enumerate(plain.ids)}
    expected = processor.decode([to_model[number] for number in plain.encode(text).input_ids.tolist()])
    for ids, unit_to_token in samples(tokenizer, text, 30):
        assert processor.decode([to_model[number] for number in ids]) == expected
        assert len(unit_to_token) == len(text)
        assert list(unit_to_token) == sorted(unit_to_token) and all(-1 <= token < max(len(ids), 1)
                                                                    for token in unit_to_token)


@pytest.mark.parametrize('name', ['e5', 'bytes'])
def test_every_unit_lies_in_its_token(models, name):
    tokenizer = SamplingSentencePieceTokenizer(alpha=0.2, model_file=models[name])
    processor = spm.SentencePieceProcessor(model_file=models[name])
    several = set(samples(tokenizer, TEXT, 30))
    assert len(several) > 3
    spelled = '▁' + TEXT.replace(' ', '▁')          # SentencePiece puts a space before the text
    for ids, unit_to_token in several:
        pieces = processor.id_to_piece(list(ids))
        for token in set(unit_to_token):
            units = ''.join(unit for unit, its_token in zip(spelled, (unit_to_token[0], *unit_to_token), strict=True)
                            if its_token == token)
            assert units.removeprefix('▁') == pieces[token].removeprefix('▁')


def test_numpys_seed_decides_within_a_process(models):
    tokenizer = SamplingSentencePieceTokenizer(alpha=0.2, model_file=models['e5'])
    first = samples(tokenizer, TEXT, 10)
    assert samples(tokenizer, TEXT, 10) == first
    assert len(set(first)) > 1


def test_segmentations_are_drawn_by_their_probability(handmade):
    """Against the definition: of 'ab' two segmentations, each by (product of probabilities) ** alpha."""
    file = handmade('<s>', '<pad>', '</s>', '<unk>', '▁', 'a', 'b', 'ab')       # scores: 0.1 for each character, less 2
    ratio = np.exp(0.5 * ((0.2 - 2) - 2 * (0.1 - 2)))
    numbers = Counter(len(ids) for ids, _ in samples(
        SamplingSentencePieceTokenizer(alpha=0.5, model_file=file), 'ab', 4000))
    assert numbers[2] / 4000 == pytest.approx(ratio / (1 + ratio), abs=0.03)
    assert numbers[2] + numbers[3] == 4000


@pytest.mark.parametrize('alpha', [0, -1, 1.5])
def test_an_alpha_that_is_none(models, alpha):
    with pytest.raises(InputError, match='alpha=.* is not above 0'):
        SamplingSentencePieceTokenizer(alpha=alpha, model_file=models['e5'])


def test_a_model_that_cuts_in_one_way(models):
    with pytest.raises(InputError, match='in one way alone'):
        SamplingSentencePieceTokenizer(alpha=0.1, model_file=models['raw'])
