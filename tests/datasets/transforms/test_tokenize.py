import io

import numpy as np
import pytest
import sentencepiece

from mmner.datasets.collate import places_in_runs
from mmner.datasets.transforms import Tokenize
from mmner.structures import Entity
from mmner.utils import InputError

UNK, CLS, SEP = 1, 2, 3                                                 # then a = 4, b = 5, ...
UNSEEN = 'entity that the model cannot see (still counted as gold)'
WIDENED = 'entity border inside a unit (widened to whole units for training)'
CUT = 'text cut at max_length (on_long="truncate")'


@pytest.fixture(scope='module')
def letters(tmp_path_factory) -> dict:
    """Config of a tokenizer that knows a to z."""
    file = tmp_path_factory.mktemp('vocab') / 'vocab.txt'
    file.write_text('\n'.join(['[PAD]', '[UNK]', '[CLS]', '[SEP]', *'abcdefghijklmnopqrstuvwxyz']))
    return dict(type='BertVocabTokenizer', vocab_file=str(file))


@pytest.fixture(scope='module')
def pieces(tmp_path_factory) -> dict:
    """Config of a SentencePiece tokenizer that joins characters and deletes spaces at the start."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(['the quick brown fox jumps over the lazy dog', 'the other brown dog jumps'] * 5),
        model_writer=model, vocab_size=60, hard_vocab_limit=False, pad_id=3, minloglevel=2, num_threads=1)
    file = tmp_path_factory.mktemp('model') / 'small.model'
    file.write_bytes(model.getvalue())
    return dict(type='SentencePieceTokenizer', model_file=str(file))


def results_of(text: str, *entities: Entity, **others) -> dict:
    return dict(text=text, entities=list(entities), where='a.json:1', **others)


def words_of(text: str) -> np.ndarray:
    ends = np.cumsum([len(word) + 1 for word in text.split(' ')]) - 1
    return np.array([(end - len(word), end) for word, end in zip(text.split(' '), ends, strict=True)])


def test_one_sequence(letters):
    results = Tokenize(tokenizer=letters)(results_of('aB ?c', Entity('x', 1, 4)))
    assert results['input_ids'].tolist() == [CLS, 4, 5, UNK, UNK, 6, SEP]
    assert results['sequence_lengths'] == [7]
    assert results['unit_to_token'].tolist() == [1, 2, 3, 4, 5]
    assert results['unit_ids'].tolist() == [4, 5, UNK, UNK, 6]
    assert results['unit_spans'] == [('x', 1, 4)]
    assert 'unit_offsets' not in results


def test_words(letters):
    tokenize = Tokenize(tokenizer=letters)
    entities = [Entity('x', 3, 8), Entity('y', 4, 6)]                   # 'cd ef' and 'd ' each cut a word
    results = tokenize(results_of('ab cd efg', *entities, unit_offsets=words_of('ab cd efg')))
    assert results['input_ids'].tolist() == [CLS, 4, 5, UNK, 6, 7, UNK, 8, 9, 10, SEP]
    assert results['unit_to_token'].tolist() == [1, 4, 7]
    assert results['unit_ids'].tolist() == [UNK] * 3
    assert results['unit_spans'] == [('x', 1, 3), ('y', 1, 2)]
    assert results['entities'] == entities
    assert tokenize.report.counts == {WIDENED: 2}
    assert tokenize.report.places[WIDENED][1] == "a.json:1: y 'd ' [4, 6)"


def test_a_blank_behind_a_word_is_the_same_slip_at_the_end_of_the_text(letters):
    tokenize = Tokenize(tokenizer=letters)
    entities = [Entity('x', 0, 3), Entity('x', 3, 6)]
    results = tokenize(results_of('ab cd ', *entities, unit_offsets=words_of('ab cd')))
    assert results['unit_spans'] == [('x', 0, 1), ('x', 1, 2)] and tokenize.report.counts == {WIDENED: 2}


def test_the_place_of_a_discontinuous_entity_tells_its_stretches(letters):
    tokenize = Tokenize(tokenizer=letters)
    apart = Entity('x', 0, 7, None, ((0, 2), (6, 7)))
    tokenize(results_of('ab cd efg', apart, unit_offsets=words_of('ab cd efg')))
    assert tokenize.report.places[WIDENED] == ["a.json:1: x 'ab … e' [0, 7)"]


@pytest.mark.parametrize('on_long', ['window', 'truncate', 'error'])
@pytest.mark.parametrize('unit_offsets', [None, np.zeros((0, 2), int)])
def test_empty_text(letters, on_long, unit_offsets):
    results = Tokenize(tokenizer=letters, on_long=on_long, strict=True)(results_of('', unit_offsets=unit_offsets))
    assert results['input_ids'].tolist() == [CLS, SEP] and results['sequence_lengths'] == [2]
    assert [len(results[key]) for key in ('unit_to_token', 'unit_ids', 'unit_spans')] == [0] * 3


def test_windows_by_hand(letters):
    results = Tokenize(tokenizer=letters, max_length=6, overlap=2)(results_of('abcdefg', Entity('x', 0, 7)))
    assert results['input_ids'].tolist() == [CLS, 4, 5, 6, 7, SEP, CLS, 6, 7, 8, 9, SEP, CLS, 7, 8, 9, 10, SEP]
    assert results['sequence_lengths'] == [6, 6, 6]
    assert results['unit_to_token'].tolist() == [1, 2, 3, 8, 14, 15, 16]        # seams before d and e
    assert results['unit_spans'] == [('x', 0, 7)]


def check_windows(results: dict, tokenize: Tokenize):
    """Whatever window a unit has chosen: the token there is its token, in a row with bos and eos around it."""
    tokens, unit_to_token = tokenize.tokenizer.encode(results['text'], results.get('unit_offsets'))
    borders = np.cumsum([0, *results['sequence_lengths']])
    rows = [results['input_ids'][start:end] for start, end in zip(borders, borders[1:], strict=False)]
    assert borders[-1] == len(results['input_ids']) and len(rows) > 2
    specials = {0, borders[-1] - 1}
    for start, row in zip(borders, rows, strict=False):
        assert (row[0], row[-1]) == (tokenize.tokenizer.bos_id, tokenize.tokenizer.eos_id)
        assert len(row) <= tokenize.max_length
        specials |= {start, start + len(row) - 1}
    seen = unit_to_token >= 0
    assert not specials & set(results['unit_to_token'][seen].tolist())
    assert (results['input_ids'][results['unit_to_token'][seen]] == tokens[unit_to_token[seen]]).all()
    assert (results['unit_to_token'][~seen] == 0).all()
    assert (places_in_runs(results['unit_to_token']) == places_in_runs(unit_to_token)).all()


def test_windows_of_a_thousand_characters(shared):
    vocab = shared / 'vocab/bert-base-chinese/vocab.txt'
    characters = [line for line in vocab.read_text(encoding='utf8').split('\n') if len(line) == 1]
    text = ''.join(np.random.default_rng(0).permutation(characters[1000:])[:1000])
    ids = {piece: number for number, piece in enumerate(vocab.read_text(encoding='utf8').split('\n'))}
    tokenize = Tokenize(tokenizer=dict(type='BertVocabTokenizer', vocab_file=str(vocab)), max_length=128, overlap=32,
                        strict=True)
    results = tokenize(results_of(text, Entity('x', 0, 1), Entity('y', 90, 200), Entity('z', 999, 1000)))
    check_windows(results, tokenize)
    expected = [ids[character.lower()] for character in text]
    assert results['input_ids'][results['unit_to_token']].tolist() == results['unit_ids'].tolist() == expected
    assert results['unit_spans'] == [('x', 0, 1), ('y', 90, 200), ('z', 999, 1000)]


@pytest.mark.parametrize('tokenizer', ['letters', 'pieces'])
@pytest.mark.parametrize('words', [False, True])
def test_windows_of_random_text(request, tokenizer, words):
    random = np.random.default_rng(1)
    text = ' '.join(random.permutation(['the', 'quick', 'brown', 'fox', 'jumps', 'over', 'lazy', 'dog', 'xyz'] * 5))
    tokenize = Tokenize(tokenizer=request.getfixturevalue(tokenizer), max_length=30, overlap=9, strict=True)
    check_windows(tokenize(results_of(text, unit_offsets=words_of(text) if words else None)), tokenize)


@pytest.mark.parametrize('max_length', [512, 20])
def test_characters_deleted_at_the_start_stand_on_the_first_bos(pieces, max_length):
    tokenize = Tokenize(tokenizer=pieces, max_length=max_length, overlap=4)
    results = tokenize(results_of('   ' + 'the brown dog jumps ' * 4, Entity('x', 1, 6)))
    assert results['unit_to_token'][:3].tolist() == [0, 0, 0] and (results['unit_to_token'][3:] > 0).all()
    assert results['unit_spans'] == [('x', 1, 6)]
    if max_length == 20:
        check_windows(results, tokenize)


def test_truncation_counts_what_it_loses(letters):
    tokenize = Tokenize(tokenizer=letters, max_length=6, on_long='truncate')
    entities = [Entity('x', 0, 2), Entity('y', 3, 5), Entity('z', 5, 7), Entity('w', 2, 4)]
    results = tokenize(results_of('abcdefg', *entities))                # 'abcd' fits
    assert results['input_ids'].tolist() == [CLS, 4, 5, 6, 7, SEP] and results['sequence_lengths'] == [6]
    assert results['unit_to_token'].tolist() == [1, 2, 3, 4] and results['unit_ids'].tolist() == [4, 5, 6, 7]
    assert results['text'] == 'abcdefg' and results['entities'] == entities
    assert results['unit_spans'] == [('x', 0, 2), ('w', 2, 4)]
    assert tokenize.report.counts == {CUT: 1, UNSEEN: 2}
    assert tokenize.report.places[CUT] == ['a.json:1: 3 of 7 units']
    assert tokenize.report.places[UNSEEN] == ["a.json:1: y 'de' [3, 5)", "a.json:1: z 'fg' [5, 7)"]


def test_truncation_keeps_words_whose_first_token_fits(letters):
    tokenize = Tokenize(tokenizer=letters, max_length=6, on_long='truncate')
    entities = [Entity('x', 3, 6), Entity('y', 3, 8)]
    results = tokenize(results_of('ab cd ef', *entities, unit_offsets=words_of('ab cd ef')))
    assert results['unit_offsets'].tolist() == [[0, 2], [3, 5]] and results['unit_to_token'].tolist() == [1, 4]
    assert len(results['unit_ids']) == 2
    assert results['unit_spans'] == [('x', 1, 2)] and tokenize.report.counts == {CUT: 1, WIDENED: 1, UNSEEN: 1}


def test_a_text_that_just_fits_is_not_cut(letters):
    for on_long in ('window', 'truncate', 'error'):
        results = Tokenize(tokenizer=letters, max_length=6, overlap=1, on_long=on_long, strict=True)(results_of('abcd'))
        assert results['sequence_lengths'] == [6] and results['unit_to_token'].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(on_long='error'), 'a.json:1: 5 tokens, but a sequence holds 4; split the text or set on_long="window"'),
    (dict(on_long='truncate', strict=True), 'a.json:1: 1 of 5 units: text cut at max_length'),
])
def test_refused_text(letters, arguments, message):
    with pytest.raises(InputError) as caught:
        Tokenize(tokenizer=letters, max_length=6, overlap=0, **arguments)(results_of('abcde'))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize('arguments', [
    dict(on_long='cut'), dict(max_length=2), dict(max_length=8, overlap=6), dict(overlap=-1)])
def test_refused_arguments(letters, arguments):
    with pytest.raises(InputError, match='^Tokenize: .*(on_long|overlap)'):
        Tokenize(tokenizer=letters, **arguments)


def test_smallest_windows(letters):
    tokenize = Tokenize(tokenizer=letters, max_length=3, overlap=0)
    check_windows(tokenize(results_of('abcde')), tokenize)
