import numpy as np
import pytest
from sentencepiece import SentencePieceProcessor

from mmner.models.converters import build_unigram_model, trim_vocabulary
from mmner.models.converters.unigram_model import SpecialIds
from mmner.models.converters.vocabulary_trimming import _check_segmentation
from mmner.utils import InputError

SPECIAL = ['<s>', '<pad>', '</s>', '<unk>']
IDS = SpecialIds(bos=0, pad=1, eos=2, unk=3)


def trim(vocabulary, texts):
    pieces = SPECIAL + list(vocabulary)
    scores = np.array([0] * 4 + list(vocabulary.values()), np.float32)
    kept, model = trim_vocabulary(pieces, scores, texts, special_ids=IDS)
    whole = SentencePieceProcessor(model_proto=build_unigram_model(pieces, scores, special_ids=IDS))
    return [pieces[index] for index in kept], kept, SentencePieceProcessor(model_proto=model), whole


def test_keeps_what_the_corpus_and_single_characters_need():
    vocabulary = {'▁': -2, 'a': -3, '▁a': -4, 'ж': -5, '▁ж': -5.5, 'щ': -6, '▁щ': -7, '北': -8, '北京': -8.5,
                  '京': -8.6, '首都': -9, 'aж': -9.5, '1m2': -9, 'm2': -10, 'km': -11, 'zz': -20}
    kept, ids, trimmed, _ = trim(vocabulary, ['北京 ж', '1㎡'])
    # of other scripts only what the corpus has; '㎡' alone is normalised to 'm2'; 'zz' sets the price of the unknown
    assert kept == [*SPECIAL, '▁', 'a', '▁a', 'ж', '▁ж', '北', '北京', '京', '1m2', 'm2', 'zz']
    assert ids.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 16, 17, 19]
    assert [trimmed.id_to_piece(index) for index in range(15)] == kept
    assert trimmed.get_score(10) == np.float32(-8.5)
    assert trimmed.encode('北京首都', out_type=int) == [4, 10, 3]


def test_corpus_is_segmented_as_by_the_whole_model():
    characters = 'ab北京首都Жщ'
    numbers = np.random.default_rng(1)
    vocabulary = {'▁': -2.} | dict.fromkeys(characters[:6], -6.0)
    while len(vocabulary) < 200:
        piece = ''.join(numbers.choice(list(characters + '▁'), numbers.integers(2, 5)))
        vocabulary.setdefault(piece, -float(numbers.uniform(5, 20)))
    texts = [''.join(numbers.choice(list(characters + ' Ａ'), 20)) for _ in range(30)]
    kept, ids, trimmed, whole = trim(vocabulary, texts)
    assert len(kept) < 150
    for text in texts:
        assert ids[trimmed.encode(text)].tolist() == whole.encode(text)


def test_unknown_characters_keep_their_price():
    # 'q' alone is unknown. Whole: unknown costs 20 + 10, so pqr|s|t (27) beats p|q|rst (32).
    # Were the worst piece dropped, unknown would cost 9 + 10 and p|q|rst (21) would win.
    vocabulary = {'▁': -1, 'p': -1, 'r': -1, 's': -9, 't': -9, 'pqr': -9, 'rst': -1, 'ωωω': -20}
    kept, _, trimmed, _ = trim(vocabulary, ['pqrst', 'rst'])
    assert 'ωωω' in kept
    assert trimmed.encode('pqrst', out_type=str) == ['▁', 'pqr', 's', 't']


@pytest.mark.parametrize('text, whole_ids', [('ab', [4, 5, 7]), ('aж', [4, 5, 8])])
def test_another_segmentation_is_an_error(text, whole_ids):
    # 'ab' is cut otherwise; 'ж' is cut as before but has become unknown
    kept = np.array([0, 1, 2, 3, 4, 5, 9])
    model = build_unigram_model([*SPECIAL, '▁', 'a', 'b'], [0, 0, 0, 0, -1, -2, -2], special_ids=IDS)
    _check_segmentation(model, kept, ['ab'], [[4, 5, 9]])
    with pytest.raises(InputError, match=f"'{text}'.*without --corpus"):
        _check_segmentation(model, kept, [text], [whole_ids])
