import json
import string
from collections import Counter
from random import Random

import pytest

from mmner.datasets.sample_corpus import SAMPLE_FOLDER, generator, write_sample_corpus
from mmner.datasets.sample_corpus.gazetteers import FILLERS, GAZETTEERS, HELD_OUT
from mmner.datasets.sample_corpus.grammar import COMPOSITIONS
from mmner.datasets.sample_corpus.templates import HELD_OUT_TEMPLATES, LEADS, TAILS, TEMPLATES
from mmner.utils import InputError

GRAMMAR = dict(company=['远航{kind}'], kind=['科技'], name=['李伟', '王敏'], number=['12'])


def read(file: str) -> list[dict]:
    return [json.loads(line) for line in (SAMPLE_FOLDER / file).read_text(encoding='utf8').splitlines()]


def spans(row: dict) -> list[tuple[int, int, str, str]]:
    """(start, inclusive end, category, string) of a row, in the order of the text."""
    return sorted((*place, category, surface) for category, strings in row['label'].items()
                  for surface, places in strings.items() for place in places)


@pytest.fixture(scope='module')
def train() -> list[dict]:
    return read('train.json')


@pytest.fixture(scope='module')
def dev() -> list[dict]:
    return read('dev.json')


def test_fill_places_entities_by_hand():
    text, entities = generator.fill('《{company}》的{name#1}有{number}个，{name#1}、', GRAMMAR, Random(3))
    name = text[7:9]
    assert name in GRAMMAR['name']
    assert text == f'《远航科技》的{name}有12个，{name}、'
    assert entities == [('company', 1, 5), ('name', 7, 9), ('name', 14, 16)]


def test_two_slots_never_get_the_same_words():
    drawn = {generator.fill('{name}和{name}', GRAMMAR, Random(seed)).text for seed in range(30)}
    assert drawn == {'李伟和王敏', '王敏和李伟'}


def test_cluener_line_sorts_categories_and_has_inclusive_ends():
    sentence = generator.Sentence('李伟，远航', [('name', 0, 2), ('company', 3, 5)])
    assert generator.to_cluener(sentence) == (
        '{"text": "李伟，远航", "label": {"company": {"远航": [[3, 4]]}, "name": {"李伟": [[0, 1]]}}}')


def test_every_symbol_is_defined_and_used():
    patterns = [pattern for group in [*TEMPLATES.values(), HELD_OUT_TEMPLATES, LEADS, TAILS, *COMPOSITIONS.values()]
                for pattern in group]
    slots = [slot for pattern in patterns for slot in generator.SLOT.finditer(pattern)]
    assert sum(pattern.count('{') for pattern in patterns) == len(slots)
    used = {slot['symbol'] or slot['kind'] for slot in slots}
    assert used == GAZETTEERS.keys() | FILLERS.keys() | COMPOSITIONS.keys()
    assert HELD_OUT.keys() <= GAZETTEERS.keys()


def test_generator_reproduces_the_packaged_files(tmp_path):
    for file in write_sample_corpus(tmp_path):
        assert file.read_bytes() == (SAMPLE_FOLDER / file.name).read_bytes(), file.name


@pytest.mark.parametrize('file', ['train.json', 'dev.json'])
def test_rows(file):
    rows = read(file)
    counts = Counter(category for row in rows for _, _, category, _ in spans(row))
    assert sorted(counts) == list(generator.CATEGORIES)
    assert min(counts.values()) >= len(rows) / 20
    assert len({row['text'] for row in rows}) == len(rows)
    assert any(not row['label'] for row in rows)
    for row in rows:
        assert list(row) == ['text', 'label']
        assert 10 <= len(row['text']) <= 60
        end_before = -1
        for start, end, category, surface in spans(row):
            assert row['text'][start:end + 1] == surface, (row, category)
            assert start > end_before, row
            end_before = end


def test_dev_is_not_train(train, dev):
    assert not {row['text'] for row in train} & {row['text'] for row in dev}
    known = {surface for row in train for *_, surface in spans(row)}
    unseen = [surface not in known for row in dev for *_, surface in spans(row)]
    assert 0.35 < sum(unseen) / len(unseen) < 0.6


def test_one_title_can_be_a_book_a_film_or_a_game(train):
    kinds = {}
    for row in train:
        for *_, category, surface in spans(row):
            kinds.setdefault(surface, set()).add(category)
    assert sum({'book', 'game', 'movie'} & kind > {'movie'} for kind in kinds.values()) >= 10


def test_readme_states_the_counts(train, dev):
    readme = (SAMPLE_FOLDER / 'README.md').read_text(encoding='utf8')
    counts = [Counter(category for row in rows for _, _, category, _ in spans(row)) for rows in (train, dev)]
    for category in generator.CATEGORIES:
        assert f'| {category} | {counts[0][category]} | {counts[1][category]} |' in readme
    for file, rows, count in zip(('train.json', 'dev.json'), (train, dev), counts, strict=True):
        empty = sum(not row['label'] for row in rows)
        assert f'| {file} | {len(rows)} | {count.total()} | {empty} |' in readme
    known = {surface for row in train for *_, surface in spans(row)}
    unseen = sum(surface not in known for row in dev for *_, surface in spans(row))
    assert f'({unseen} of {counts[1].total()})' in readme


def test_files_stay_small():
    sizes = [file.stat().st_size for file in SAMPLE_FOLDER.iterdir()]
    assert max(sizes) < 1_000_000
    assert sum(sizes) < 900_000


def test_vocabulary(train, dev):
    lines = (SAMPLE_FOLDER / 'vocab.txt').read_text(encoding='utf8').split('\n')
    assert lines.pop() == ''
    assert lines[:5] == ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
    assert len(set(lines)) == len(lines)
    assert all(len(line) == 1 for line in lines[5:])
    assert set(string.ascii_letters + string.digits + string.punctuation + '，。！？；：、“”《》（）') <= set(lines)
    assert {character for row in train + dev for character in row['text'].lower()} <= set(lines)


def test_missing_characters_are_named(tmp_path):
    file = tmp_path / 'vocab.txt'
    file.write_text('李\na\n', encoding='utf8')
    with pytest.raises(InputError, match=r'vocab.txt: 1 characters .* of its own: 伟$'):
        generator.check_vocabulary(file, [generator.Sentence('李伟A', [])])


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match='absent: no such folder; create it'):
        write_sample_corpus(tmp_path / 'absent')
