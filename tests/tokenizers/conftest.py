import io
import random
from pathlib import Path

import numpy as np
import pytest
import sentencepiece as spm
from sentencepiece.sentencepiece_model_pb2 import ModelProto

SENTENCES = ['北京大学的学生去上海参加会议', '他在株式会社工作，年薪15万元。', 'ＡＢＣ株式会社（東京）',
             '布鲁京斯研究所桑顿中国中心研究部主任李成说', '한국어 문장도 있다', '😀 so funny 😀',
             'The quick brown fox jumps over the lazy dog', 'New York is a city in the United States',
             'La café est fermé, garçon!', 'see http://example.com/a?b=1 now']


@pytest.fixture(scope='session')
def train(tmp_path_factory):
    """A function that trains a small SentencePiece model and returns the path of its file."""
    def run(**arguments) -> str:
        model = io.BytesIO()
        settings = {'vocab_size': 200, 'hard_vocab_limit': False, 'minloglevel': 2, 'num_threads': 1} | arguments
        spm.SentencePieceTrainer.train(sentence_iterator=iter(SENTENCES * 3), model_writer=model, **settings)
        path = tmp_path_factory.mktemp('models') / 'small.model'
        path.write_bytes(model.getvalue())
        return str(path)
    return run


@pytest.fixture(scope='session')
def models(train) -> dict[str, str]:
    """Paths of trained models by name."""
    return {
        'e5': train(bos_id=0, pad_id=1, eos_id=2, unk_id=3),
        'fairseq': train(),
        'albert': train(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=['[CLS]', '[SEP]'],
                        user_defined_symbols=['[MASK]', '<s>', '</s>', '年薪15']),
        'bytes': train(model_type='bpe', pad_id=3, byte_fallback=True, vocab_size=500),
        'suffix': train(pad_id=3, treat_whitespace_as_suffix=True),
        'raw': train(model_type='char', pad_id=3, normalization_rule_name='identity', add_dummy_prefix=False,
                     remove_extra_whitespaces=False)}


@pytest.fixture(scope='session')
def handmade(models, tmp_path_factory):
    """A function that writes a unigram model of the given pieces, the longest preferred, with nmt_nfkc."""
    def write(*pieces: str) -> str:
        model = ModelProto.FromString(Path(models['e5']).read_bytes())
        del model.pieces[:]
        Piece = ModelProto.SentencePiece
        types = {'<unk>': Piece.UNKNOWN} | dict.fromkeys(['<s>', '</s>', '<pad>'], Piece.CONTROL)
        for piece in pieces:
            model.pieces.add(piece=piece, score=0.1 * len(piece) - 2, type=types.get(piece, Piece.NORMAL))
        path = tmp_path_factory.mktemp('handmade') / 'handmade.model'
        path.write_bytes(model.SerializeToString())
        return str(path)
    return write


@pytest.fixture(scope='session')
def cut_into_words():
    """A function that draws words, in order and with gaps, from a text: (U, 2) offsets."""
    def cut(text: str) -> np.ndarray:
        generator = random.Random(len(text))
        borders = sorted(generator.sample(range(len(text) + 1), generator.randrange(len(text) + 2)))
        pairs = [pair for pair in zip(borders, borders[1:], strict=False) if generator.random() < 0.8]
        return np.array(pairs, np.int64).reshape(-1, 2)
    return cut


@pytest.fixture(scope='session')
def expected_unit_to_token():
    """The definition, one unit after the other: first token that shares a character, else the last one before."""
    def find(token_offsets: list[tuple[int, int]], unit_offsets: list[tuple[int, int]]) -> list[int]:
        found = []
        for start, end in unit_offsets:
            sharing = [token for token, (first, last) in enumerate(token_offsets) if max(first, start) < min(last, end)]
            before = [token for token, (_, last) in enumerate(token_offsets) if last <= start]
            found.append(sharing[0] if sharing else before[-1] if before else -1)
        return found
    return find


@pytest.fixture(scope='session')
def wnut_sentences(shared) -> list[tuple[str, np.ndarray]]:
    """WNUT-17 dev, which has U+200B and U+FEFF in words: text, and (U, 2) offsets of its words."""
    sentences, words = [], []
    for line in (shared / 'data/wnut17/emerging.dev.conll').read_text(encoding='utf8').split('\n'):
        word = line.split('\t')[0]
        if word:
            words.append(word)
        elif words:
            ends = np.cumsum([len(word) + 1 for word in words]) - 1
            starts = ends - [len(word) for word in words]
            sentences.append((' '.join(words), np.stack([starts, ends], axis=1)))
            words = []
    assert len(sentences) > 1000
    return sentences
