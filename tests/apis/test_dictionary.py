import pytest

from mmner.apis.dictionary import Dictionary
from mmner.structures import Entity
from mmner.utils import InputError

CATEGORIES = ('name', 'address')


def corrected(entries, text, *entities):
    return Dictionary(entries, CATEGORIES)(text, [Entity(label, start, end, 0.5) for label, start, end in entities])


def test_every_occurrence_is_forced():
    assert corrected({'北京': 'address'}, '北京到北京') == [Entity('address', 0, 2, 1.0), Entity('address', 3, 5, 1.0)]


def test_the_longest_occurrence_counts_then_the_first():
    entries = {'ab': 'name', 'bcd': 'address', 'aa': 'name'}
    assert [entity.span for entity in corrected(entries, 'abcd')] == [('address', 1, 4)]
    assert [entity.span for entity in corrected(entries, 'aaa')] == [('name', 0, 2)]
    assert [entity.span for entity in corrected(entries, 'abab')] == [('name', 0, 2), ('name', 2, 4)]


def test_an_occurrence_that_would_reach_beyond_the_text_is_none():
    entries = {'ab': 'name', 'abcd': 'address'}
    assert [entity[:3] for entity in corrected(entries, 'xabc abcd ab')] == [
        ('name', 1, 3), ('address', 5, 9), ('name', 10, 12)]


def test_forced_replaces_what_overlaps_and_nothing_else():
    found = corrected({'cd': 'address'}, 'abcdef', ('name', 0, 2), ('name', 1, 3), ('name', 2, 4), ('address', 4, 5))
    assert found == [Entity('name', 0, 2, 0.5), Entity('address', 2, 4, 1.0), Entity('address', 4, 5, 0.5)]


def test_forbidden_is_exactly_that_string():
    found = corrected({'ab': '-'}, 'ab abc', ('name', 0, 2), ('address', 3, 5), ('name', 3, 6))
    assert found == [Entity('name', 3, 6, 0.5)]


def test_forbidden_is_what_a_discontinuous_entity_covers():
    text = 'aching in legs and shoulders'
    entity = Entity('name', 0, 28, 0.5, ((0, 9), (19, 28)))
    assert Dictionary({text: '-'}, CATEGORIES)(text, [entity]) == [entity]
    assert Dictionary({'aching in … shoulders': '-'}, CATEGORIES)(text, [entity]) == []


def test_a_file(tmp_path):
    file = tmp_path / 'words.tsv'
    file.write_text('\ufeff北京\taddress\r\n\n# 甲\tname\n你 好\t-\n', encoding='utf8')
    assert Dictionary(file, CATEGORIES).labels == {'北京': 'address', '# 甲': 'name', '你 好': '-'}


@pytest.mark.parametrize(('content', 'message'), [
    (b'a\tname\nb\tplanet\n', "words.tsv:2: unknown label 'planet'; known are name, address, and - for"),
    (b'a\tname\na\tname\n', "words.tsv:2: 'a' stands there twice"),
    (b'a name\n', 'words.tsv:1: no tab; write string<TAB>label'),
    (b'\tname\n', 'words.tsv:1: the string is empty'),
    (b'\n\xff\tname', 'words.tsv:2: not UTF-8')])
def test_mistakes_in_a_file(tmp_path, content, message):
    (tmp_path / 'words.tsv').write_bytes(content)
    with pytest.raises(InputError, match=message):
        Dictionary(str(tmp_path / 'words.tsv'), CATEGORIES)


@pytest.mark.parametrize(('entries', 'message'), [
    ({1: 'name'}, 'dictionary entry 1: is no string'), ([('a', 'name')], 'dictionary: list is no mapping')])
def test_what_is_no_dictionary(entries, message):
    with pytest.raises(InputError, match=message):
        Dictionary(entries, CATEGORIES)


def test_labels_are_listed_as_what_they_are():
    with pytest.raises(InputError, match=r"unknown label 'a b'; known are name, 'a\\nb', and - for"):
        Dictionary({'x': 'a b'}, ['name', 'a\nb'])
    assert Dictionary({'x': 'a\nb'}, ['a\nb'])('x', []) == [Entity('a\nb', 0, 1, 1.0)]


def test_mistakes_elsewhere(tmp_path):
    with pytest.raises(InputError, match='absent.tsv: No such file'):
        Dictionary(tmp_path / 'absent.tsv', CATEGORIES)
    with pytest.raises(InputError, match="dictionary entry 'a': unknown label 'planet'"):
        Dictionary({'a': 'planet'}, CATEGORIES)
