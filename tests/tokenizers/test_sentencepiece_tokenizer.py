import copy
import pickle
import re

import numpy as np
import pytest
import sentencepiece as spm

from mmner.registry import TOKENIZERS
from mmner.tokenizers import SentencePieceTokenizer
from mmner.utils import InputError

PIECES = ['▁', '北京', '大', '大学', 'f', 'i', '株式', '会社', 'a', 'b', '▁a', '▁c', '年', '<']    # ids from 4
SPACE, BEIJING, UNIVERSITY, F, SMALL_I, STOCK, COMPANY, A, B, SPACE_A = 4, 5, 7, 8, 9, 10, 11, 12, 13, 14
UNKNOWN, SPACE_C, LESS = 3, 15, 17

ENCODINGS = {
    '': ([], []),
    '   ': ([], [-1, -1, -1]),
    '\x01': ([], [-1]),
    '北京大学': ([SPACE, BEIJING, UNIVERSITY], [1, 1, 2, 2]),
    'a b': ([SPACE_A, SPACE, B], [0, 1, 2]),
    '  a  b  ': ([SPACE_A, SPACE, B], [-1, -1, 0, 1, 1, 2, 2, 2]),
    '\tａ': ([SPACE_A], [-1, 0]),
    'a\u2028b': ([SPACE_A, SPACE, B], [0, 1, 2]),
    'a\u200bb': ([SPACE_A, SPACE, B], [0, 1, 2]),
    '\ufeffa': ([SPACE_A], [-1, 0]),
    'a\x01b': ([SPACE_A, B], [0, 0, 1]),
    'ﬁ': ([SPACE, F, SMALL_I], [2]),
    'bﬁb': ([SPACE, B, F, SMALL_I, B], [1, 3, 4]),
    '㍿': ([SPACE, STOCK, COMPANY], [2]),
    '龘龘龘b': ([SPACE, UNKNOWN, B], [1, 1, 1, 2]),
    '😀': ([SPACE, UNKNOWN], [1]),
    '👩\u200d👧b': ([SPACE, UNKNOWN, B], [1, 1, 1, 2]),
    'e\u0301b': ([SPACE, UNKNOWN, B], [1, 1, 2]),
    'bİ': ([SPACE, B, UNKNOWN], [1, 2]),
    'b\x00b': ([SPACE, B, UNKNOWN, B], [1, 2, 3]),
    'b\ud800b': ([SPACE, B, SPACE, B], [1, 2, 3]),
    '<s>b': ([SPACE, LESS, UNKNOWN, B], [1, 2, 2, 3]),
}


@pytest.fixture(scope='module')
def tokenizer(handmade):
    return SentencePieceTokenizer(model_file=handmade('<s>', '<pad>', '</s>', '<unk>', *PIECES))


@pytest.fixture(scope='module', params=['e5', 'fairseq', 'albert', 'bytes', 'suffix', 'raw'])
def trained(request, models):
    layout = 'fairseq' if request.param == 'fairseq' else 'model'
    return SentencePieceTokenizer(model_file=models[request.param], id_layout=layout)


def token_offsets(tokenizer, text: str) -> list[tuple[int, int]]:
    """Offsets from SentencePiece's protocol buffer, whose bytes are counted one by one."""
    data = re.sub('[\ud800-\udfff]', '\ufffd', text).encode()
    return [(len(data[:piece.begin].decode()), len(data[:piece.end].decode()))
            for piece in tokenizer.processor.encode(data.decode(), return_type='proto').pieces]


@pytest.mark.parametrize('text', ENCODINGS, ids=ascii)
def test_encodes_by_hand(tokenizer, text):
    input_ids, unit_to_token = tokenizer.encode(text)
    assert (input_ids.dtype, unit_to_token.dtype) == (np.int32, np.int32)
    assert (input_ids.tolist(), unit_to_token.tolist()) == ENCODINGS[text]


@pytest.mark.parametrize('text, words, expected', [
    ('ab 北京大学', [(0, 2), (3, 7)], [0, 3]),
    ('北京大学', [(0, 1), (1, 3), (3, 4)], [1, 1, 2]),
    ('\u200ba b\u200b', [(0, 2), (3, 5)], [0, 2]),          # a word that begins, or ends, with a deleted character
    ('\u200b b', [(0, 1), (2, 3)], [-1, 1]),
    ('b ﬁ \u200b', [(0, 1), (2, 3), (4, 5)], [1, 4, 4]),
    ('', [], []),
    ('ab', [], [])])
def test_words_take_their_first_token(tokenizer, text, words, expected):
    unit_to_token = tokenizer.encode(text, np.array(words)).unit_to_token
    assert unit_to_token.dtype == np.int32
    assert unit_to_token.tolist() == expected


def test_unit_ids_of_characters(tokenizer):
    text = 'aＡ c京大 \ufeff<\ud800\x00'
    expected = [A, UNKNOWN, SPACE, SPACE_C, UNKNOWN, 6, SPACE, SPACE, LESS, SPACE, UNKNOWN]
    for _ in range(2):                                      # looked up, then remembered
        unit_ids = tokenizer.unit_ids(text)
        assert unit_ids.dtype == np.int32
        assert unit_ids.tolist() == expected
    assert tokenizer.unit_ids('').tolist() == []


def test_unit_ids_of_words(tokenizer):
    words = ['北京', 'ａ', '<s>', '<pad>', 'ab']
    ends = np.cumsum([len(word) for word in words])
    offsets = np.stack([ends - [len(word) for word in words], ends], axis=1)
    assert tokenizer.unit_ids(''.join(words), offsets).tolist() == [BEIJING, A, UNKNOWN, UNKNOWN, UNKNOWN]


def test_wnut_words(models, wnut_sentences, expected_unit_to_token):
    tokenizer = SentencePieceTokenizer(model_file=models['e5'])
    for text, words in wnut_sentences:
        expected = expected_unit_to_token(token_offsets(tokenizer, text), words.tolist())
        assert tokenizer.encode(text, words).unit_to_token.tolist() == expected, ascii(text)


def special_ids(tokenizer) -> tuple[int, ...]:
    return tokenizer.pad_id, tokenizer.unk_id, tokenizer.bos_id, tokenizer.eos_id, tokenizer.vocab_size


def test_model_layout(models):
    e5 = SentencePieceTokenizer(model_file=models['e5'])
    assert special_ids(e5) == (1, 3, 0, 2, e5.processor.get_piece_size())
    albert = SentencePieceTokenizer(model_file=models['albert'])
    processor = spm.SentencePieceProcessor(model_file=models['albert'])
    assert special_ids(albert) == (0, 1, processor['[CLS]'], processor['[SEP]'], processor.get_piece_size())
    assert albert.encode('北京大学 New York').input_ids.tolist() == processor.encode('北京大学 New York')


def test_fairseq_layout(models):
    tokenizer = SentencePieceTokenizer(model_file=models['fairseq'], id_layout='fairseq')
    processor = spm.SentencePieceProcessor(model_file=models['fairseq'])
    assert special_ids(tokenizer) == (1, 3, 0, 2, processor.get_piece_size() + 2)
    for text in ('北京大学', '龘 New York 龘'):
        expected = [3 if index == 0 else index + 1 for index in processor.encode(text)]
        assert tokenizer.encode(text).input_ids.tolist() == expected
    assert tokenizer.unit_ids('京龘').tolist() == [processor['京'] + 1, 3]


@pytest.mark.parametrize('symbol', ['[MASK]', '<s>', '</s>', '[CLS]', '[SEP]', '<pad>', '<unk>', '<mask>'])
def test_special_symbols_in_text_are_text(models, symbol):
    processor = spm.SentencePieceProcessor(model_file=models['albert'])
    tokenizer = SentencePieceTokenizer(model_file=models['albert'])
    if symbol in ('[MASK]', '<s>', '</s>'):                 # what the untouched file does
        assert processor[symbol] in processor.encode(f'a{symbol}b')
    ordinary = set(tokenizer.encode(f'a {symbol}b').input_ids.tolist()) - {tokenizer.unk_id}
    specials = {processor[name] for name in ('[MASK]', '<s>', '</s>', '[CLS]', '[SEP]', '<pad>')}
    assert ordinary.isdisjoint(specials)
    whole = np.array([[0, len(symbol)]])
    assert tokenizer.unit_ids(symbol, whole).tolist() == [tokenizer.unk_id]


def test_byte_pieces_in_text_are_text(models):
    tokenizer = SentencePieceTokenizer(model_file=models['bytes'])
    byte_id = spm.SentencePieceProcessor(model_file=models['bytes'])['<0xE4>']
    assert tokenizer.encode('伀').input_ids.tolist()[-3] == byte_id         # U+4F00 is E4 BC 80 in UTF-8
    assert tokenizer.encode('伀').unit_to_token.tolist() == [len(tokenizer.encode('伀').input_ids) - 1]
    assert byte_id not in tokenizer.encode('<0xE4>').input_ids
    assert tokenizer.unit_ids('<0xE4>', np.array([[0, 6]])).tolist() == [tokenizer.unk_id]


def test_ordinary_user_defined_symbol_stays_whole(models):
    processor = spm.SentencePieceProcessor(model_file=models['albert'])
    input_ids, unit_to_token = SentencePieceTokenizer(model_file=models['albert']).encode('年薪15')
    assert input_ids.tolist()[-1] == processor['年薪15']
    assert unit_to_token.tolist() == [len(input_ids) - 1] * 4


@pytest.mark.parametrize('clone', [copy.deepcopy, lambda tokenizer: pickle.loads(pickle.dumps(tokenizer))])
def test_copies_encode_the_same(trained, clone):
    text = '北京大学 New York 龘'
    copied = clone(trained)
    assert copied.encode(text).input_ids.tolist() == trained.encode(text).input_ids.tolist()
    assert copied.unit_ids(text).tolist() == trained.unit_ids(text).tolist()
    assert special_ids(copied) == special_ids(trained)


def test_is_registered(models):
    assert TOKENIZERS.build({'type': 'SentencePieceTokenizer', 'model_file': models['e5']}).bos_id == 0


@pytest.mark.parametrize('content', [b'', b'[PAD]\n[UNK]\n', bytes(range(256)), b'\x08\x01'])
def test_refuses_a_file_that_is_no_model(tmp_path, content):
    file = tmp_path / 'vocab.txt'
    file.write_bytes(content)
    with pytest.raises(InputError, match=r'vocab\.txt is not a SentencePiece model') as error:
        SentencePieceTokenizer(model_file=str(file))
    assert '\n' not in str(error.value)


def test_refuses_what_cannot_be_used(models, tmp_path):
    cases = [(str(tmp_path / 'absent.model'), 'model', 'absent.model: No such file'),
             (str(tmp_path), 'model', 'Is a directory'),
             (models['fairseq'], 'model', "no piece for pad_id.*id_layout='fairseq'"),
             (models['e5'], 'fairseq', 'begins with <s> <pad> </s>'),
             (models['e5'], 'huggingface', "'huggingface' is unknown; choose one of model, fairseq")]
    for model_file, id_layout, message in cases:
        with pytest.raises(InputError, match=message) as error:
            SentencePieceTokenizer(model_file=model_file, id_layout=id_layout)
        assert '\n' not in str(error.value)
