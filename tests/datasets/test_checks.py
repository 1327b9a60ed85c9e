from time import process_time
from unittest.mock import Mock

import numpy as np
import pytest

from mmner.datasets.checks import (
    ambiguous_strings,
    check_characters,
    check_duplicates,
    check_entities,
    check_gold,
    check_tokens,
    unannotated,
)
from mmner.registry import TOKENIZERS
from mmner.structures import Entity
from mmner.tokenizers.base import Encoding
from mmner.utils import InputError, Report

LABEL = 'entity whose label has a blank at its edge or an invisible character'


def record(text: str, *entities: tuple, **others) -> dict:
    return dict(text=text, entities=[Entity(*entity) for entity in entities], **others)


def found(check, *arguments) -> dict[str, int]:
    report = Report()
    check(*arguments, report)
    return dict(report.counts)


@pytest.mark.parametrize(('sample', 'expected'), [
    (record('ab cd', ('x', 0, 2), ('y', 3, 5)), {}),
    (record('ab cd', (' ', 0, 2)), {'entity without a label': 1}),
    (record('ab cd', ('x y', 0, 2), ('x ', 3, 5)), {LABEL: 1}),
    (record('ab cd', ('x\ny', 0, 2), ('x\u200b', 3, 5)), {LABEL: 2}),
    (record('ab cd', ('x', 0, 3)), {'entity that begins or ends with a blank': 1}),
    (record('ab \u3000', ('x', 2, 4)), {'entity that begins or ends with a blank': 1}),
    (record('甲乙丙丁', ('x', 0, 4), ('y', 0, 2)), {'entity within another': 1}),
    (record('甲乙丙丁', ('x', 0, 4), ('y', 2, 4)), {'entity within another': 1}),
    (record('甲乙丙丁', ('y', 1, 3), ('x', 0, 2)), {'entities that cross': 1}),
    (record('甲乙丙丁', ('x', 0, 2), ('y', 0, 2)), {'two labels for the same characters': 1}),
    (record('甲乙丙丁', ('x', 0, 2), ('x', 0, 2)), {'entity given twice': 1}),
    (record('甲乙丙丁戊己', ('x', 0, 6), ('y', 1, 3), ('z', 2, 4)),
     {'entity within another': 2, 'entities that cross': 1}),
    (record('甲乙丙丁戊', ('x', 0, 5, None, ((0, 1), (4, 5))), ('x', 2, 3)), {}),
    (record('甲乙丙丁戊', ('x', 0, 5, None, ((0, 1), (4, 5))), ('x', 0, 3)), {'entities that cross': 1}),
    (record('甲乙丙丁戊', ('x', 0, 5, None, ((0, 1), (4, 5))), ('x', 0, 5)), {'entity within another': 1}),
    (record('甲乙丙丁戊', ('x', 0, 5, None, ((0, 2), (4, 5))), ('x', 0, 5, None, ((0, 1), (2, 5)))),
     {'entities that cross': 1}),
    (record('甲乙丙丁戊', ('x', 0, 5, None, ((0, 2), (4, 5))), ('y', 0, 5, None, ((0, 2), (4, 5)))),
     {'two labels for the same characters': 1}),
    (record('ovarian cancer', ('x', 0, 13)), {'entity that does not begin and end with a word': 1}),
    (record('ovarian cancer', ('x', 1, 14)), {'entity that does not begin and end with a word': 1}),
    (record('aching in legs', ('x', 0, 14, None, ((0, 6), (10, 13)))),
     {'entity that does not begin and end with a word': 1}),
    (record('Windows7的ＮＢＡ,k', ('x', 0, 7), ('y', 9, 10), ('z', 8, 9)), {}),
    (record('ab cd', ('x', 0, 4), unit_offsets=np.array([[0, 2], [3, 5]])),
     {'entity that does not begin and end with a word': 1}),
    (record('IL-2', ('x', 0, 4), unit_offsets=np.array([[0, 2], [2, 4]])), {})])
def test_entities(sample, expected):
    assert found(check_entities, sample, 'train:1') == expected


def test_strings_that_are_annotated_elsewhere_in_the_text():
    entities = [Entity('x', 0, 2)]
    assert list(unannotated('北京和北京', entities)) == [('北京', 3)]
    assert list(unannotated('北京北京大学', [*entities, Entity('y', 2, 6)])) == []
    assert list(unannotated('AB ABC xAB AB, AB', entities)) == [('AB', 11), ('AB', 15)]
    assert list(unannotated('京京', [Entity('x', 0, 1)])) == [], 'one character is too common'
    apart = Entity('x', 0, 6, fragments=((0, 2), (4, 6)))
    assert list(unannotated('北京北京北京', [apart, Entity('y', 0, 2)])) == [('北京', 2)]
    report = Report()
    check_entities(record('北京和北京', ('x', 0, 2)), 'train:7', report)
    assert report.lines() == ["1 x string that is annotated elsewhere in its text, e.g. train:7: '北京' at 3"]


def test_discontinuous_entities_are_shown_by_their_fragments():
    report, apart = Report(), Entity('x', 0, 6, fragments=((0, 1), (4, 6)))
    check_entities(record('a b cd', apart, apart), 'train:7', report)
    assert report.lines() == ["1 x entity given twice, e.g. train:7: x 'a … cd' and x 'a … cd'"]


def test_a_long_document():
    """Places without annotation are found in less time than it takes to compare each with each entity."""
    text = ''.join(f'{place % 97:02}北京' for place in range(25_000))
    entities = [Entity('x', start, start + 4) for start in range(0, len(text), 16)]
    begin = process_time()
    found = list(unannotated(text, entities))
    assert process_time() - begin < 3
    assert len(found) == 25_000 - len(entities) and found[0] == ('00北京', 388)


def test_characters():
    for text in ('', ' \n'):
        assert found(check_characters, record(text), 'a') == {'text without a character to be seen': 1}
    assert found(check_characters, record('王\t\r\n\u3000👩🏽'), 'a') == {}
    report = Report()
    check_characters(record('a\u200bb\ufffd\x85'), 'a:1', report)
    assert report.places == {
        'invisible character': ['a:1: U+0085 (without a name) at 4', 'a:1: U+200B (ZERO WIDTH SPACE) at 1'],
        'U+FFFD, which stands for a character that could not be read': ['a:1']}


def test_tokens(tmp_path):
    (tmp_path / 'vocab.txt').write_text('\n'.join(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '王', '在']))
    tokenizer = TOKENIZERS.build(dict(type='mmner.BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'),
                                      lowercase=True))
    report = Report()
    assert check_tokens(record('王 伟在'), 'a:1', report, tokenizer) == 4
    assert check_tokens(record('在伟', unit_offsets=np.array([[0, 2]])), 'a:2', report, tokenizer) == 2
    assert report.places == {'character that the tokenizer does not know': ["a:1: '伟' at 2", "a:2: '伟' at 1"]}


def test_a_character_deleted_before_the_first_token_is_not_unknown():
    tokenizer, report = Mock(unk_id=1), Report()
    tokenizer.encode.return_value = Encoding(np.array([5, 1]), np.array([-1, 0, 1]))
    check_tokens(record('\u200b王伟'), 'a:1', report, tokenizer)
    assert report.places == {'character that the tokenizer does not know': ["a:1: '伟' at 2"]}


def test_duplicates():
    splits = dict(train=[record('a', ('x', 0, 1), line=1), record('b', line=2), record('a', line=3)],
                  dev=[record('b', line=1), record('a', ('x', 0, 1), line=2), record('c', line=3)])
    report = Report()
    check_duplicates(splits, report)
    assert report.places == {
        'text that is in the file already, with other entities': ["train:3 and train:1: 'a'"],
        'text that is in another file already, with the same entities': ["dev:1 and train:2: 'b'",
                                                                         "dev:2 and train:1: 'a'"]}


def test_strings_with_several_labels():
    records = [record('ab', ('x', 0, 1), ('y', 1, 2)), record('ab', ('y', 0, 1), ('y', 1, 2)),
               record('ca', ('x', 1, 2)), record('c', ('x', 0, 1)), record('c', ('z', 0, 1)), record('c', ('y', 0, 1))]
    assert list(ambiguous_strings([records[:2], records[2:]]).items()) == [
        ('c', dict(x=1, y=1, z=1)), ('a', dict(x=2, y=1))]
    apart = dict(text='aba', entities=[Entity('x', 0, 3, fragments=((0, 1), (2, 3)))])
    assert ambiguous_strings([[apart, record('aba', ('y', 0, 3))]]) == {}


def test_gold_that_stands_twice_is_counted_and_a_foreign_label_refused():
    apart, report = Entity('x', 0, 5, fragments=((0, 1), (3, 5))), Report()
    check_gold(dict(text='abaab', entities=[apart, Entity('y', 1, 2), Entity('x', 1, 2), apart]), ['x', 'y'], 'file:1',
               report)
    assert report.places == {'entity given twice': ["file:1: x 'a … ab'"]}
    with pytest.raises(InputError, match="file:2: unknown category 'y'; known are x;"):
        check_gold(dict(text='ab', entities=[Entity('y', 0, 1)]), ['x'], 'file:2', Report())
