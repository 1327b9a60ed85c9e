import pytest
from sentencepiece import SentencePieceProcessor

from mmner.models.converters.unigram_model import SpecialIds, build_unigram_model

PIECES = ['<s>', '<pad>', '</s>', '<unk>', '▁', 'A', 'B', 'AB', '1', '<', 's', '>', 'mask', '<mask>']


def processor(score_of_ab=-3.5):
    scores = [0, 0, 0, 0, -1, -2, -2, score_of_ab, -2, -2, -2, -2, -4, 0]
    return SentencePieceProcessor(model_proto=build_unigram_model(
        PIECES, scores, special_ids=SpecialIds(bos=0, pad=1, eos=2, unk=3)))


def test_special_ids():
    model = processor()
    assert (model.bos_id(), model.pad_id(), model.eos_id(), model.unk_id()) == (0, 1, 2, 3)
    assert [index for index in range(14) if model.is_control(index)] == [0, 1, 2, 13]
    assert [index for index in range(14) if model.is_unknown(index)] == [3]
    assert model.vocab_size() == 14


@pytest.mark.parametrize('score, expected', [(-3.5, ['▁', 'AB']), (-4.5, ['▁', 'A', 'B'])])
def test_the_likelier_segmentation_wins(score, expected):
    assert processor(score).encode('AB', out_type=str) == expected     # A and B together are -4


def test_normalised_as_xlm_roberta():
    # full-width letters, an ideographic space, a circled digit, spaces around
    assert processor().encode(' ＡＢ　 A①  ', out_type=str) == ['▁', 'AB', '▁', 'A', '1']


def test_special_pieces_in_text_are_text():
    assert processor().encode('<s><mask>') == [4, 9, 10, 11, 9, 12, 11]


def test_unknown_characters():
    assert processor().encode('A北B') == [4, 5, 3, 6]
