import copy
import json
import pickle

import numpy as np
import pytest

from mmner.registry import TOKENIZERS
from mmner.tokenizers import BertVocabTokenizer
from mmner.utils import InputError

LINES = ['[PAD]', 'a', '[CLS]', '[UNK]', '[SEP]', '北', 'i', '\u0307', '京', '\u2028', '[MASK]', '[', '北京', 'A', ' ',
         '\u200b', '\t']
(PAD, A, CLS, UNK, SEP, NORTH, SMALL_I, DOT, CAPITAL, LINE, MASK, BRACKET, BEIJING, UPPER_A, SPACE, ZERO_WIDTH,
 TAB) = range(17)


def write(folder, lines: list[str], end: str = '\n') -> str:
    file = folder / 'vocab.txt'
    file.write_bytes(''.join(line + end for line in lines).encode())
    return str(file)


@pytest.fixture(scope='module')
def tokenizer(tmp_path_factory):
    return BertVocabTokenizer(vocab_file=write(tmp_path_factory.mktemp('vocab'), LINES))


@pytest.fixture(scope='module')
def official(shared):
    return BertVocabTokenizer(vocab_file=str(shared / 'vocab/bert-base-chinese/vocab.txt'))


@pytest.mark.parametrize('text, expected', [
    ('', []),
    ('北京A', [NORTH, CAPITAL, A]),
    ('龘龘龘a龘', [UNK, UNK, UNK, A, UNK]),
    ('  a\t', [SPACE, SPACE, A, TAB]),
    ('\u2028\u200b\ufeff', [LINE, ZERO_WIDTH, UNK]),
    ('👩\u200d👧a', [UNK, UNK, UNK, A]),
    ('a\u0301i\u0307', [A, UNK, SMALL_I, DOT]),
    ('Ａﬁ㍿', [UNK, UNK, UNK]),
    ('a\x00\ud800a', [A, UNK, UNK, A]),
    ('[MASK]', [BRACKET, UNK, A, UNK, UNK, UNK]),
    ('<s>[CLS]', [UNK, UNK, UNK, BRACKET, UNK, UNK, UNK, UNK])], ids=ascii)
def test_one_id_for_each_character(tokenizer, text, expected):
    input_ids, unit_to_token = tokenizer.encode(text)
    assert (input_ids.dtype, unit_to_token.dtype) == (np.int32, np.int32)
    assert input_ids.tolist() == expected
    assert unit_to_token.tolist() == list(range(len(text)))
    assert tokenizer.unit_ids(text).tolist() == expected
    assert tokenizer.unit_ids(text).dtype == np.int32


def test_a_character_that_is_two_in_lower_case(tokenizer):
    input_ids, unit_to_token = tokenizer.encode('AİBİ京')
    assert input_ids.tolist() == [A, SMALL_I, DOT, UNK, SMALL_I, DOT, CAPITAL]
    assert unit_to_token.tolist() == [0, 1, 3, 4, 6]
    assert tokenizer.encode('AİBİ京', np.array([[0, 2], [2, 3], [4, 5]])).unit_to_token.tolist() == [0, 3, 6]
    assert tokenizer.unit_ids('AİB').tolist() == [A, UNK, UNK]


def test_what_another_thread_does_meanwhile_costs_no_id(tmp_path, monkeypatch):
    """Its table takes the place of ours while we look characters up."""
    tokenizer = BertVocabTokenizer(vocab_file=write(tmp_path, LINES))
    empty, look_up = tokenizer._character_ids, tokenizer._unit_id

    def interrupted(unit: str) -> int:
        tokenizer._character_ids = empty
        return look_up(unit)

    monkeypatch.setattr(tokenizer, '_unit_id', interrupted)
    assert tokenizer.unit_ids('北京A').tolist() == [NORTH, CAPITAL, A]


def test_words_take_their_first_character(tokenizer):
    words = np.array([[0, 2], [3, 5], [5, 11]])
    assert tokenizer.encode('北京 Aa[MASK]', words).unit_to_token.tolist() == [0, 3, 5]
    assert tokenizer.unit_ids('北京 Aa[MASK]', words).tolist() == [BEIJING, UNK, UNK]
    assert tokenizer.encode('', np.array([])).unit_to_token.tolist() == []


def test_case_is_kept_when_asked(tmp_path):
    tokenizer = BertVocabTokenizer(vocab_file=write(tmp_path, LINES), lowercase=False)
    assert tokenizer.encode('aAİ').input_ids.tolist() == [A, UPPER_A, UNK]
    assert tokenizer.unit_ids('aAİ').tolist() == [A, UPPER_A, UNK]
    assert tokenizer.encode('[MASK]').input_ids.tolist() == [BRACKET, UNK, UPPER_A, UNK, UNK, UNK]
    assert tokenizer.unit_ids('[MASK]', np.array([[0, 6]])).tolist() == [UNK]


def test_special_ids(tokenizer, official):
    names = ('pad_id', 'unk_id', 'bos_id', 'eos_id', 'vocab_size')
    assert [getattr(tokenizer, name) for name in names] == [PAD, UNK, CLS, SEP, 17]
    assert [getattr(official, name) for name in names] == [0, 100, 101, 102, 21128]


def test_equals_mmocr(shared, official):
    folder = shared / 'golden/mmocr_063'
    golden = np.load(folder / 'forward.npz')
    lines = (folder / 'texts.jsonl').read_text(encoding='utf8').rstrip('\n').split('\n')
    texts = [json.loads(line)['text'] for line in lines]
    assert len(texts) == 64
    for text, row, mask in zip(texts, golden['input_ids'], golden['mask'], strict=True):
        assert [101, *official.encode(text).input_ids, 102] == row[mask == 1].tolist(), text


def test_official_ids_are_line_numbers(shared, official):
    lines = (shared / 'vocab/bert-base-chinese/vocab.txt').read_bytes().decode().split('\n')[:-1]
    assert official.encode('\u2028').input_ids.tolist() == [343]
    characters = [(index, line) for index, line in enumerate(lines) if len(line) == 1 and line.lower() == line]
    assert len(characters) > 7000
    assert official.encode(''.join(line for _, line in characters)).input_ids.tolist() == [i for i, _ in characters]


def test_wnut_words(official, wnut_sentences):
    for text, words in wnut_sentences:
        assert official.encode(text, words).unit_to_token.tolist() == words[:, 0].tolist(), ascii(text)


@pytest.mark.parametrize('clone', [copy.deepcopy, lambda tokenizer: pickle.loads(pickle.dumps(tokenizer))])
def test_copies_encode_the_same(tokenizer, clone):
    copied = clone(tokenizer)
    assert copied.encode('北İ龘').input_ids.tolist() == [NORTH, SMALL_I, DOT, UNK]
    assert copied.unit_ids('A京').tolist() == [A, CAPITAL]
    assert copied.pad_id == PAD


def test_is_registered(tmp_path):
    assert TOKENIZERS.build({'type': 'BertVocabTokenizer', 'vocab_file': write(tmp_path, LINES)}).bos_id == CLS


def test_line_ends(tmp_path):
    windows = BertVocabTokenizer(vocab_file=write(tmp_path, LINES, end='\r\n'))
    assert windows.encode('北\u2028A').input_ids.tolist() == [NORTH, LINE, A]
    (tmp_path / 'vocab.txt').write_bytes('\r\n'.join(LINES).encode())       # no end of line behind the last
    assert BertVocabTokenizer(vocab_file=str(tmp_path / 'vocab.txt')).encode('\tA').input_ids.tolist() == [TAB, A]
    (tmp_path / 'vocab.txt').write_bytes(b'\xef\xbb\xbf' + '\n'.join(LINES).encode())       # as Windows' editors save
    assert BertVocabTokenizer(vocab_file=str(tmp_path / 'vocab.txt')).pad_id == PAD
    mixed = BertVocabTokenizer(vocab_file=write(tmp_path, [*LINES, '\r']))  # a piece, not an end of line
    assert mixed.encode('A\r').input_ids.tolist() == [A, 17]


@pytest.mark.parametrize('content, message', [
    (b'[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\na\n', r"vocab\.txt:7: 'a' stands in line 5 already"),
    (b'[PAD]\n[UNK]\n\n[CLS]\n[SEP]\n', r'vocab\.txt:3: empty line'),
    (b'[PAD]\r\n[UNK]\r\n\r\n[CLS]\r\n[SEP]\r\n', r'vocab\.txt:3: empty line'),
    (b'[PAD]\n[UNK]\n[CLS]\n[SEP]\n\0\n', r"vocab\.txt:5: '\\x00' has U\+0000"),
    (b'[PAD]\n[UNK]\n[CLS]\n[SEP]\n' + b'k' * 8000, r"vocab\.txt:5: 'k{59} has U\+0000 or more than 7999 bytes"),
    (b'[PAD]\n[UNK]\n[CLS]\n\xff\n[SEP]\n', r'vocab\.txt:4: not UTF-8'),
    ('[PAD]\n[UNK]\n北\n'.encode(), r'vocab\.txt lacks \[CLS\], \[SEP\]'),
    (b'', r'vocab\.txt:1: empty line')])
def test_refuses_a_vocabulary_that_is_not_clear(tmp_path, content, message):
    (tmp_path / 'vocab.txt').write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        BertVocabTokenizer(vocab_file=str(tmp_path / 'vocab.txt'))
    assert '\n' not in str(error.value)


def test_refuses_a_missing_file(tmp_path):
    with pytest.raises(InputError, match='vocab.txt: No such file'):
        BertVocabTokenizer(vocab_file=str(tmp_path / 'vocab.txt'))
