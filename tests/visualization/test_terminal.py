import random
import re

from mmner.structures import Entity
from mmner.utils.pictures import PICTURES
from mmner.visualization import mark_entities
from tests.visualization.nasty import PIECES, nasty_entities, nasty_text

CATEGORIES = ['address', 'name']


def test_entities_in_brackets_with_their_label():
    marked = mark_entities('王伟在北京', [Entity('address', 3, 5), Entity('name', 0, 2)], CATEGORIES)
    assert marked.plain == '[王伟]name在[北京]address'
    styles = [(marked.plain[span.start:span.end], span.style) for span in marked.spans]
    assert styles == [('[', 'bold magenta'), ('王伟', 'bold magenta'), (']', 'bold magenta'), ('name', 'magenta'),
                      ('[', 'bold cyan'), ('北京', 'bold cyan'), (']', 'bold cyan'), ('address', 'cyan')]


def test_nested_entities():
    marked = mark_entities('北京大学的', [Entity('name', 0, 4), Entity('address', 0, 2)], CATEGORIES)
    assert marked.plain == '[[北京]address大学]name的'


def test_crossing_entities_are_shown_in_pieces():
    marked = mark_entities('甲乙丙', [Entity('name', 1, 3), Entity('address', 0, 2)], CATEGORIES)
    assert marked.plain == '[甲[乙]name…]address[丙]…name'


def test_text_that_looks_like_markup_stays_text():
    assert mark_entities('[bold]a[/bold]', [], CATEGORIES).plain == '[bold]a[/bold]'


def test_control_characters_are_seen_and_not_obeyed():
    marked = mark_entities('a\x1b[31m\r\0\x9b\tb\n', [Entity('\a', 0, 1)], ['\a'])
    assert marked.plain == '[a]␇␛[31m␍␀�␉b\n'


def test_random_entities_lose_no_text():
    source = random.Random(1)
    for _ in range(300):
        text = nasty_text(source).replace('[', '(').replace(']', ')').replace('…', '')
        entities = [entity._replace(label='名') for entity in nasty_entities(source, text)]
        marked = mark_entities(text, entities, PIECES + ['名']).plain
        assert re.sub(r'\[|\]…?名…?', '', marked) == text.translate(PICTURES)
        assert len(re.findall(r'\]…?名(?!…)', marked)) == len(entities)
