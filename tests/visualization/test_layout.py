import random

import pytest

from mmner.structures import Entity
from mmner.utils import InputError
from mmner.visualization.layout import lay_out
from tests.visualization.nasty import nasty_entities, nasty_text


def test_random_entities_nest_and_every_character_knows_its_entities():
    """Against brute force: at each character, the open pieces are the entities that cover it."""
    source = random.Random(0)
    for _ in range(500):
        text = nasty_text(source)
        entities = nasty_entities(source, text)
        opened, seen, position = [], [], 0
        for kind, value in lay_out(text, entities):
            if kind == 'text':
                assert value == text[position:position + len(value)] != ''
                for offset in range(position, position + len(value)):
                    covering = [entity for entity in entities if entity.start <= offset < entity.end]
                    assert sorted(map(str, covering)) == sorted(str(piece.entity) for piece in opened)
                position += len(value)
            elif kind == 'open':
                assert value.is_first == (value.entity.start == position)
                opened.append(value)
            else:
                assert opened.pop() is value and value.is_last == (value.entity.end == position)
                seen += [value.entity] * value.is_last
        assert position == len(text) and not opened
        assert sorted(map(str, seen)) == sorted(map(str, entities))


def test_levels_count_what_lies_inside():
    outer, middle, inner = Entity('a', 0, 9), Entity('b', 1, 5), Entity('c', 2, 3)
    events = lay_out('abcdefghi', [inner, outer, middle])
    assert {value.entity.label: value.level for kind, value in events if kind == 'open'} == dict(a=2, b=1, c=0)


def test_nothing_is_cut_that_does_not_cross():
    entities = [Entity('a', 0, 9), Entity('b', 0, 4), Entity('c', 4, 9), Entity('d', 0, 4), Entity('e', 0, 9)]
    pieces = [value for kind, value in lay_out('abcdefghi', entities) if kind == 'open']
    assert [piece.entity.label for piece in pieces] == ['a', 'e', 'b', 'd', 'c']


def test_a_thousand_levels():
    entities = [Entity('a', 0, end) for end in range(1, 1001)]
    assert sum(kind == 'open' for kind, _ in lay_out('字' * 1000, entities)) == 1000


@pytest.mark.parametrize('start, end', [(1, 1), (2, 1), (-1, 1), (0, 4)])
def test_an_entity_outside_its_text_is_refused(start, end):
    with pytest.raises(InputError, match=rf"entity 'a' \[{start}, {end}\) does not fit its text of 3 characters"):
        lay_out('abc', [Entity('a', start, end)])


def test_the_stretches_of_a_discontinuous_entity_are_pieces():
    """a in two stretches, with b across the gap."""
    entities = [Entity('a', 0, 6, fragments=((0, 2), (4, 6))), Entity('b', 1, 5)]
    shown = ''.join(value if kind == 'text' else '[' if kind == 'open' else f']{value.caption}'
                    for kind, value in lay_out('abcdefg', entities))
    assert shown == '[a[b]b…]a…[cd[e]…a…]…b[f]…ag'


def test_a_stretch_outside_the_text_is_refused():
    with pytest.raises(InputError, match='does not fit its text of 3 characters'):
        lay_out('abc', [Entity('a', 0, 3, fragments=((0, 1), (2, 5)))])
