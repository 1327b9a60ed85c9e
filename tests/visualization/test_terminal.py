from mmner.structures import Entity
from mmner.visualization import mark_entities

CATEGORIES = ['address', 'name']


def test_entities_in_brackets_with_their_label():
    marked = mark_entities('王伟在北京', [Entity('address', 3, 5), Entity('name', 0, 2)], CATEGORIES)
    assert marked.plain == '[王伟]name在[北京]address'
    assert [span.style for span in marked.spans if 'bold' in str(span.style)] == ['bold magenta', 'bold cyan']


def test_overlapping_entities_are_all_shown():
    marked = mark_entities('北京大学', [Entity('name', 0, 4), Entity('address', 0, 2)], CATEGORIES)
    assert marked.plain == '[北京大学]name + [北京]address'


def test_text_that_looks_like_markup_stays_text():
    assert mark_entities('[bold]a[/bold]', [], CATEGORIES).plain == '[bold]a[/bold]'
