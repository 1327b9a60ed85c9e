import json
from random import Random

import numpy as np
import pytest

from mmner.datasets import ConllReader
from mmner.datasets.conll_tags import spans_of
from mmner.evaluation import strict_counts, total
from mmner.structures import Entity
from mmner.utils import InputError
from tests.strange import refusal


@pytest.fixture
def write(tmp_path):
    """Writes lines (bytes or str) and returns the file."""
    def run(*lines, end=b'\n') -> str:
        file = tmp_path / 'train.conll'
        file.write_bytes(end.join(line if isinstance(line, bytes) else line.encode() for line in lines))
        return str(file)
    return run


def independent(file, separator: str) -> tuple[int, int, list[str]]:
    """Sentences, entities and words of a corpus, by counting lines; an entity begins with B, S or a sentence."""
    lines = file.read_bytes().decode().split('\n')
    filled = [bool(line.strip()) for line in lines]
    sentences = sum(now and not before for before, now in zip([False, *filled], filled, strict=False))
    rows = [line.split(separator) for line in lines if line.strip()]
    broken = sum(not before.strip() and bool(line.strip()) and line.split(separator)[1][0] in 'ME'
                 for before, line in zip(lines, lines[1:], strict=False))
    return sentences, sum(tag[0] in 'BS' for _, tag in rows) + broken, [word for word, _ in rows]


@pytest.mark.parametrize(('name', 'sentences', 'entities'), [
    ('resume/train.char.bmes', 3821, 13440), ('resume/dev.char.bmes', 463, 1497),
    ('resume/test.char.bmes', 477, 1630), ('wnut17/wnut17train.conll', 3394, 1975),
    ('wnut17/emerging.dev.conll', 1009, 836), ('wnut17/emerging.test.annotated', 1287, 1079)])
def test_counts_of_the_corpora(shared, name, sentences, entities):
    file, is_words = shared / 'data' / name, 'wnut' in name
    reader = ConllReader(**dict(separator='\t', joiner=' ') if is_words else {})
    records = list(reader(file))
    # Two sentences of Resume are broken in the middle of an entity.
    assert reader.report.lines() == ([f'2 x M- that begins an entity (kept), e.g. {file}:62392; {file}:64414']
                                     if name == 'resume/train.char.bmes' else [])
    *counts, words = independent(file, '\t' if is_words else ' ')
    assert [len(records), sum(len(record['entities']) for record in records)] == counts == [sentences, entities]
    if is_words:
        assert [record['text'][start:end] for record in records for start, end in record['unit_offsets']] == words
    else:
        assert ''.join(record['text'] for record in records) == ''.join(words)
        assert all('unit_offsets' not in record for record in records)
    lines = file.read_bytes().decode().split('\n')
    for record in records:
        assert record['text'].startswith(lines[record['line'] - 1].split('\t' if is_words else ' ')[0])


def test_words_are_units(write):
    record, = ConllReader(joiner=' ', strict=True)(write('He O', 'visits O', 'New B-place', 'York I-place'))
    assert record['text'] == 'He visits New York'
    assert record['unit_offsets'].tolist() == [[0, 2], [3, 9], [10, 13], [14, 18]]
    assert record['entities'] == [Entity('place', 10, 18)] and record['line'] == 1


def test_words_joined_by_nothing(write):
    assert list(ConllReader(strict=True)(write('2018 B-time', '年 I-time', '王 S-name', 'NBA O'))) == [
        dict(text='2018年王NBA', line=1, entities=[Entity('time', 0, 5), Entity('name', 5, 6)])]


@pytest.mark.parametrize(('words', 'count'), [
    ('( Süddeutsche Zeitung / dpa )', 1), ('в России', 0), ('в Москве вчера', 1), ('서울 시청', 1), ('N E W', 0),
    ('COVID 19', 0), ('北京 大学', 0), ('Windows XP 中国', 0), ('กรุงเทพ มหานคร', 0), ('東京 タワー', 0)])
def test_words_that_lose_the_blanks_between_them_are_counted(write, words, count):
    file = write(*(f'{word} B-x' for word in words.split()), '')
    reader = ConllReader()
    record, = reader(file)
    assert record['text'] == words.replace(' ', '')
    assert dict(reader.report.counts) == ({"words joined without a blank (give joiner=' ')": 1} if count else {})
    assert list(ConllReader(joiner=' ', strict=True)(file))
    if count:
        assert f'{file}:1: ' in refusal(ConllReader(strict=True), file, 1)


@pytest.mark.parametrize(('scheme', 'tags'), [
    ('BIO', 'B-x I-x B-x O B-y I-y I-y B-x'), ('IOB1', 'I-x I-x B-x O I-y I-y I-y I-x'),
    ('BIOES', 'B-x E-x S-x O B-y I-y E-y S-x'), ('BMES', 'B-x E-x S-x O B-y M-y E-y S-x'),
    ('BILOU', 'B-x L-x U-x O B-y I-y L-y U-x')])
def test_every_scheme(write, scheme, tags):
    file = write(*(f'{letter} {tag}' for letter, tag in zip('abcdefgh', tags.split(), strict=True)))
    record, = ConllReader(strict=True)(file)
    assert record['entities'] == [Entity('x', 0, 2), Entity('x', 2, 3), Entity('y', 4, 7), Entity('x', 7, 8)]


def test_entities_of_seqeval_in_the_golden_file(shared):
    cases = json.loads((shared / 'golden/seqeval_nervaluate.json').read_text())
    for case in cases:
        for tags, entities in zip(case['y_pred'], case['pred_entities_default'], strict=True):
            spans = spans_of(tuple((tag[0], tag[2:]) for tag in tags))
            assert [[category, first, end - 1] for category, first, end in spans] == entities
    assert len(cases) == 60


@pytest.mark.parametrize('letters', ['BI', 'BIES', 'BMES', 'BILU'])
def test_entities_of_seqeval_on_random_tags(letters):
    """seqeval's default knows I, E and S; M, L and U are other names of these."""
    get_entities = pytest.importorskip('seqeval.metrics.sequence_labeling').get_entities
    random = Random(0)
    for _ in range(3000):
        tags = [random.choice(['O', *(f'{letter}-{category}' for letter in letters for category in 'xy')])
                for _ in range(random.randrange(1, 12))]
        known = [tag[0].translate(str.maketrans('MLU', 'IES')) + tag[1:] for tag in tags]
        expected = [(category, first, last + 1) for category, first, last in get_entities(known)]
        assert spans_of(tuple((tag[0], tag[2:]) for tag in tags)) == expected, tags


def test_layers(write):
    """As GermEval 2014: a comment before each sentence, a number, the word, outer and inner entities."""
    file = write('#\thttp://a [2009-10-17]', '1\tDie\tO\tO', '2\t#\tO\tO', '3\tFC\tB-ORG\tO',
                 '4\tKöln\tI-ORG\tB-LOC', '', '#\thttp://b', '1\tBonn\tB-LOC\tB-LOC')
    arguments = dict(separator='\t', token_column=1, tag_column=(2, 3), comment='#', joiner=' ', strict=True)
    first, second = ConllReader(**arguments)(file)
    assert (first['text'], first['line']) == ('Die # FC Köln', 2)
    assert first['entities'] == [Entity('ORG', 6, 13), Entity('LOC', 9, 13)]
    assert second['entities'] == [Entity('LOC', 0, 4), Entity('LOC', 0, 4)]
    reader = ConllReader(comment='#')
    assert [record['text'] for record in reader(write('# a O', 'b B-x', '# c', '#d B-x', '# e-x', '', '# O'))] == ['b']
    assert reader.report.lines() == [
        f"2 x comment with the tag of a word (left out), e.g. {file}:4: '#d B-x'; {file}:7: '# O'"]


def test_a_layer_that_is_missing_is_counted(write):
    reader = ConllReader(tag_column=(1, 2))
    record, = reader(write('a B-x B-y', 'b I-x'))
    assert record['entities'] == [Entity('x', 0, 2), Entity('y', 0, 1)]
    assert reader.report.counts == {'line without a tag (read as O)': 1}


@pytest.mark.parametrize(('scheme', 'letters', 'theirs'), [
    ('BIO', 'BI', 'IOB2'), ('BIOES', 'BIES', 'IOBES'), ('BILOU', 'BILU', 'BILOU')])
def test_a_scheme_is_seqevals_strict_mode(write, scheme, letters, theirs):
    seqeval = pytest.importorskip('seqeval.scheme')
    random, rows = Random(1), []
    for _ in range(400):
        rows.append([random.choice(['O', *(f'{letter}-{category}' for letter in letters for category in 'xy')])
                     for _ in range(random.randrange(1, 9))])
    file = write(*(line for tags in rows for line in [*(f'a {tag}' for tag in tags), '']))
    reader = ConllReader(scheme=scheme)
    for tags, record in zip(rows, reader(file), strict=True):
        found = seqeval.Entities([tags], getattr(seqeval, theirs)).entities[0]
        assert record['entities'] == [Entity(entity.tag, entity.start, entity.end) for entity in found], tags
    assert reader.report.counts[f'entity not tagged as {scheme} does (left out)'] > 100


def test_seqevals_strict_scores_in_the_golden_file(shared, write):
    cases = [case for case in json.loads((shared / 'golden/seqeval_nervaluate.json').read_text())
             if case['strict_iob2']]
    for case in cases:
        rates = total(strict_counts(*([record['entities'] for record in ConllReader(scheme='BIO')(
            write(*(line for tags in case[key] for line in [*(f'a {tag}' for tag in tags), ''])))]
            for key in ('y_true', 'y_pred'))))
        assert [rates.precision, rates.recall, rates.f1] == [case['strict_iob2'][key] for key in 'prf']
    assert len(cases) > 30


def test_dirty_separators(write):
    file = write(b'\xef\xbb\xbf-DOCSTART- -X- O', b'', b'a\tO', b'b\tB-x', b'\t', b' \t ', b'c\tI-x', b'-DOCSTART-\tO',
                 b'd\tB-x', b'', end=b'\r\n')
    records = list(ConllReader(separator='\t', joiner=' ')(file))
    assert [(record['text'], record['line'], len(record['entities'])) for record in records] == [
        ('a b', 3, 1), ('c', 7, 1), ('d', 9, 1)]


def test_strange_words_are_kept(write):
    words = ['watched\u200bwas', 'Dubbz\ufeff', '\u3000', '\x85', '\u2028', 'New York', '\xa0', '\ufffd', '\0']
    record, = ConllReader(separator='\t', joiner=' ', strict=True)(write(*(f'{word}\tB-x' for word in words)))
    assert [record['text'][entity.start:entity.end] for entity in record['entities']] == words
    words.remove('New York')
    record, = ConllReader(strict=True)(write(*(f'{word} B-x' for word in words)))
    assert [record['text'][entity.start:entity.end] for entity in record['entities']] == words


@pytest.mark.parametrize(('line', 'kind', 'text', 'entities'), [
    ('b', 'line without a tag (read as O)', 'a b c', 2),
    ('b\t', 'line without a tag (read as O)', 'a b c', 2),
    ('\tB-x', 'empty word (read as one blank)', 'a   c', 3),
    ('b\tNN\tB-x', 'line with another number of columns than the first', 'a b c', 3),
    ('b\tI-x', 'I- that begins an entity (kept)', 'a b c', 3),
    ('b\tE-x', 'E- that begins an entity (kept)', 'a b c', 3),
    ('b\tM-x', 'M- that begins an entity (kept)', 'a b c', 3),
    ('b\tL-x', 'L- that begins an entity (kept)', 'a b c', 3),
])
def test_what_is_repaired_is_counted(write, line, kind, text, entities):
    file = write('a\tB-y', line, 'c\tB-z')
    reader = ConllReader(separator='\t', joiner=' ')
    record, = reader(file)
    assert (record['text'], len(record['entities'])) == (text, entities)
    assert dict(reader.report.counts) == {kind: 1}
    assert f'{file}:2' in reader.report.lines()[0]
    refusal(ConllReader(separator='\t', strict=True), file, 2)


INDENTED = 'line that begins with blanks (they are dropped)'
EMPTY_WORD = 'empty word (read as one blank)'


@pytest.mark.parametrize(('lines', 'text', 'entities', 'counts'), [
    (['張 B-PER', '\t  偉 I-PER', ' O', ' 去 O'], '張偉 去', [('PER', 0, 2)], {INDENTED: 2, EMPTY_WORD: 1}),
    (['   張 B-PER', '   偉 I-PER', '   去 O', ' B-X'], '張偉去 ', [('PER', 0, 2), ('X', 3, 4)],
     {INDENTED: 3, EMPTY_WORD: 1}),
    (['   張 B-PER', '', '偉 B-PER'], '張', [('PER', 0, 1)], {INDENTED: 1}),
    (['a NN O B-X', ' NN O B-X', '  b NN O I-X'], 'a b', [('X', 0, 1), ('X', 1, 3)], {INDENTED: 1, EMPTY_WORD: 1}),
    (['  a NN O B-X', ' NN O I-X', ' b NN O I-X'], 'a b', [('X', 0, 3)], {INDENTED: 2, EMPTY_WORD: 1}),
    ([' O', ' B-X'], '  ', [('X', 1, 2)], {EMPTY_WORD: 2})], ids=str)
def test_blanks_in_front_of_a_line(write, lines, text, entities, counts):
    """They are dropped, unless the line has no more columns than one with a word: then its word is a blank."""
    reader = ConllReader()
    record = next(reader(write(*lines)))
    assert (record['text'], record['entities']) == (text, [Entity(*entity) for entity in entities])
    assert dict(reader.report.counts) == counts


def test_a_first_sentence_of_empty_words(write):
    """What columns the tags have, or a later sentence, tells that its lines are not indented."""
    file = write(' NN O B-X', '', 'a NN O O', ' NN O B-X')
    records = list(ConllReader(tag_column=3)(file))
    assert [record['text'] for record in records] == [' ', 'a ']
    reader = ConllReader()
    assert [record['text'] for record in reader(file)] == ['NN', 'a ']
    assert dict(reader.report.counts) == {
        INDENTED: 1, EMPTY_WORD: 1, 'line with another number of columns than the first': 2}
    record, = ConllReader(token_column=1, strict=True)(write('  張 B-PER', '  偉 I-PER'))
    assert record['text'] == '張偉', 'who counts the empty column'


def test_what_is_indented_is_told_by_the_other_lines_of_its_sentence(write):
    reader = ConllReader()
    assert [record['text'] for record in reader(write('a O', '', 'b NN O', ' NN B-X', 'c NN I-X'))] == ['a', 'b c']
    assert INDENTED not in reader.report.counts


def test_orphans_across_sentences_are_counted_and_trailing_blanks_are_none(write):
    reader = ConllReader()
    records = list(reader(write('a B-x  ', '', 'b I-x', 'c I-y\t', '', 'd B-x')))
    assert [len(record['entities']) for record in records] == [1, 2, 1]
    assert dict(reader.report.counts) == {'I- that begins an entity (kept)': 2}


@pytest.mark.parametrize(('line', 'reason'), [
    (b'\xff O', 'not UTF-8'), ('b X-x', "the tag 'X-x'"), ('b B-', "the tag 'B-'"), ('b x', "the tag 'x'"),
    ('b o', "the tag 'o'"), ('b b-x', "the tag 'b-x'"), ('b B_x', "the tag 'B_x'")])
def test_unreadable_line(write, line, reason):
    file = write('a O', '', line)
    assert reason in refusal(ConllReader(), file, 3)


@pytest.mark.parametrize('separator', ['\t', None])
def test_lines_that_end_with_a_carriage_return_alone_are_refused(write, separator):
    lines = ['王\tB-PER', '伟\tI-PER', '在\tO', '', '李\tB-PER', '娜\tI-PER', '']
    reader = ConllReader(separator=separator)
    assert 'a carriage return outside of the word' in refusal(reader, write(*lines, end=b'\r'), 1)
    assert 'a carriage return' in refusal(reader, write('王\tO', '伟\tB-PER\r', '', end=b'\r\n'), 2)
    record, = ConllReader(separator='\t', strict=True)(write('\r\tB-x', 'a\rb\tI-x', end=b'\r\n'))
    assert record['text'] == '\ra\rb' and record['entities'] == [Entity('x', 0, 4)]


def test_columns_by_number(write):
    record, = ConllReader(token_column=1, tag_column=2, strict=True)(write('1 王 B-x _', '2 伟 I-x _'))
    assert (record['text'], record['entities']) == ('王伟', [Entity('x', 0, 2)])
    assert '1 columns, but token_column=1' in refusal(ConllReader(token_column=1), write('1 王 B-x', '2'), 2)


@pytest.mark.parametrize('content', [b'', b'\n\t\r\n \n', b'\xef\xbb\xbf', b'-DOCSTART- O\n\n'])
def test_empty_file(write, content):
    assert 'the file is empty' in refusal(ConllReader(), write(content))


def test_a_wrong_separator_is_told(write):
    assert 'no line has a tag' in refusal(ConllReader(separator='\t'), write('a B-x', 'b O'))
    with pytest.raises(InputError, match='separates nothing'):
        ConllReader(separator='')


@pytest.mark.parametrize('separator', ['\t', ' ', ','])
def test_an_empty_last_cell_is_a_missing_tag(write, separator):
    rows = [['EU', 'NNP', 'B-NP', 'B-ORG'], ['rejects', 'VBZ', 'B-VP', ''], ['German', 'JJ', 'B-NP', 'B-MISC']]
    reader = ConllReader(separator=separator, joiner=' ')
    record, = reader(write(*map(separator.join, rows)))
    assert record['entities'] == [Entity('ORG', 0, 2), Entity('MISC', 11, 17)]
    assert reader.report.counts == {'line without a tag (read as O)': 1}
    record, = ConllReader(separator='\t', strict=True)(write('a\tB-x ', 'b\tI-x'))
    assert record['entities'] == [Entity('x', 0, 2)]


def test_a_long_sentence(write):
    tags = ['B-x', 'I-x', 'O'] * 30_000
    record, = ConllReader(joiner=' ', strict=True)(write(*(f'w {tag}' for tag in tags)))
    assert len(record['entities']) == 30_000 and record['unit_offsets'].shape == (90_000, 2)
    assert record['entities'][-1] == Entity('x', 2 * 89_997, 2 * 89_998 + 1)
    assert record['unit_offsets'].dtype == np.int64
