"""The tokenizers on 12,000 strange texts each: no unit is lost or merged, whatever the text."""
import re
from random import Random

import numpy as np
import pytest

from mmner.tokenizers import BertVocabTokenizer, Encoding, SentencePieceTokenizer
from tests.strange import CHARACTERS, long_texts, shown, strange_text

SURROGATE = re.compile('[\ud800-\udfff]')


def check_encoding(tokenizer, encoding: Encoding, num_units: int) -> None:
    """What holds for any text."""
    input_ids, unit_to_token = encoding
    assert input_ids.dtype == unit_to_token.dtype == np.int32
    assert unit_to_token.shape == (num_units, ) and (np.diff(unit_to_token) >= 0).all()
    assert ((unit_to_token >= -1) & (unit_to_token < max(len(input_ids), 1))).all()
    check_ids(tokenizer, input_ids)


def check_ids(tokenizer, ids: np.ndarray) -> None:
    assert ((ids >= 0) & (ids < tokenizer.vocab_size)).all()
    assert not np.isin(ids, [tokenizer.pad_id, tokenizer.bos_id, tokenizer.eos_id]).any(), 'a special symbol of a text'


def check_unit_ids(tokenizer, text: str) -> None:
    """The table of characters gives what looking up each alone gives."""
    starts = np.arange(len(text))
    unit_ids = tokenizer.unit_ids(text)
    check_ids(tokenizer, unit_ids)
    assert unit_ids.tolist() == tokenizer.unit_ids(text, np.stack([starts, starts + 1], axis=1)).tolist()


def check_text(tokenizer, text: str, token_offsets, cut_into_words, expected_unit_to_token) -> None:
    """One text by characters and by words, against the definition."""
    words, characters = cut_into_words(text), [(start, start + 1) for start in range(len(text))]
    by_character, by_word = tokenizer.encode(text), tokenizer.encode(text, words)
    check_encoding(tokenizer, by_character, len(text))
    check_encoding(tokenizer, by_word, len(words))
    assert len(by_character.input_ids) == len(token_offsets)
    assert by_character.unit_to_token.tolist() == expected_unit_to_token(token_offsets, characters)
    assert by_word.unit_to_token.tolist() == expected_unit_to_token(token_offsets, words.tolist())
    check_unit_ids(tokenizer, text)
    assert len(tokenizer.unit_ids(text, words)) == len(words)


def sentencepiece_offsets(tokenizer, text: str) -> list[tuple[int, int]]:
    """Offsets from SentencePiece's protocol buffer, whose bytes are counted one by one."""
    data = SURROGATE.sub('\ufffd', text).encode()
    return [(len(data[:piece.begin].decode()), len(data[:piece.end].decode()))
            for piece in tokenizer.processor.encode(data.decode(), return_type='proto').pieces]


@pytest.mark.parametrize('name', ['e5', 'fairseq', 'albert', 'bytes', 'suffix', 'raw'])
def test_sentencepiece(models, name, cut_into_words, expected_unit_to_token):
    layout = 'fairseq' if name == 'fairseq' else 'model'
    tokenizer = SentencePieceTokenizer(model_file=models[name], id_layout=layout)
    random = Random(name)
    for _ in range(2000):
        with shown(text := strange_text(random)):
            check_text(tokenizer, text, sentencepiece_offsets(tokenizer, text), cut_into_words, expected_unit_to_token)


@pytest.fixture(scope='module')
def vocab() -> list[str]:
    """Half of the strange characters, and pieces that nobody may reach."""
    return ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '<s>', '\u0307', '▁▁', '王伟',
            *sorted(set(SURROGATE.sub('', CHARACTERS[::2]).lower()) - set('\0\n\r\u0307'))]


@pytest.fixture(scope='module')
def vocab_file(vocab, tmp_path_factory):
    file = tmp_path_factory.mktemp('vocab') / 'vocab.txt'
    file.write_bytes('\n'.join(vocab).encode())
    return str(file)


@pytest.mark.parametrize('lowercase', [True, False])
def test_vocab(vocab, vocab_file, lowercase, cut_into_words, expected_unit_to_token):
    tokenizer = BertVocabTokenizer(vocab_file=vocab_file, lowercase=lowercase)
    ids = {piece: index for index, piece in enumerate(vocab)}
    random = Random(int(lowercase))
    known = 0
    for _ in range(6000):
        with shown(text := strange_text(random)):
            letters = [(letter, start) for start, character in enumerate(SURROGATE.sub('\ufffd', text))
                       for letter in (character.lower() if lowercase else character)]
            offsets = [(start, start + 1) for _, start in letters]
            check_text(tokenizer, text, offsets, cut_into_words, expected_unit_to_token)
            if 'Σ' not in text:                             # its lower case depends on its place in the word
                expected = [ids.get(letter, tokenizer.unk_id) for letter, _ in letters]
                assert tokenizer.encode(text).input_ids.tolist() == expected
                known += len(expected) - expected.count(tokenizer.unk_id)
    assert known > 10_000


def test_a_line_of_a_megabyte(models, vocab_file):
    for tokenizer in (SentencePieceTokenizer(model_file=models['e5']), BertVocabTokenizer(vocab_file=vocab_file)):
        for text in long_texts(Random(0)):
            with shown(text[:100]):
                check_encoding(tokenizer, tokenizer.encode(text), len(text))
                unit_ids = tokenizer.unit_ids(text)
                assert len(unit_ids) == len(text)
                check_ids(tokenizer, unit_ids)
