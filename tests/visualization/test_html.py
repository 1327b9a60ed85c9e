import random
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from mmner.structures import Entity, NERDataSample
from mmner.utils import InputError
from mmner.visualization import Rendering, sentence_html, to_html
from tests.visualization.nasty import PIECES, nasty_entities, nasty_text

STAND_INS = {0: '␀', **dict.fromkeys(range(0xd800, 0xe000), '\ufffd')}


class Parsed(HTMLParser):
    """What a browser sees: the tags in order, the text outside of labels and the labels."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.opened, self.text, self.labels = [], [], '', []
        self.feed(html.replace('\r\n', '\n').replace('\r', '\n'))     # as every browser does; html.parser does not
        self.close()
        assert not self.opened

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag != 'meta':
            self.opened.append(tag)
        if tag == 'bdi':
            self.labels.append('')

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag

    def handle_data(self, data):
        if self.opened[-1:] == ['bdi']:
            self.labels[-1] += data
        elif 'div' in self.opened:
            self.text += data

    def refuse(self, *args):
        raise AssertionError(f'{args} came from the text')

    handle_comment = handle_pi = unknown_decl = refuse


def test_a_sentence():
    html = sentence_html('a<b>', [Entity('x&y', 1, 4, 0.987), Entity('name', 2, 3)])
    assert html == (
        '<div class="mmner" dir="auto" style="--levels:2">a'
        '<mark style="--hue:134;--level:1">&lt;'
        '<mark style="--hue:168;--level:0">b<bdi>name</bdi></mark>'
        '&gt;<bdi>x&amp;y 0.99</bdi></mark></div>')


def test_crossing_entities_are_cut_and_their_labels_say_so():
    parsed = Parsed(sentence_html('abc', [Entity('x', 0, 2), Entity('y', 1, 3, 0.5)]))
    assert parsed.text == 'abc' and parsed.labels == ['y… 0.50', 'x', '…y 0.50']


def test_random_sentences_keep_their_text_and_make_no_tag():
    source = random.Random(2)
    for _ in range(500):
        text = nasty_text(source)
        entities = nasty_entities(source, text)
        gold = source.choice([None, nasty_entities(source, text) + entities[:2]])
        parsed = Parsed(sentence_html(text, entities, gold).encode('utf8').decode('utf8'))
        assert parsed.text == text.translate(STAND_INS)
        assert parsed.tags == ['div'] + [tag for tag in parsed.tags if tag in ('mark', 'bdi')]
        assert parsed.tags.count('mark') == len(parsed.labels) >= len({entity.span for entity in entities})
        labels = ' '.join(parsed.labels)
        assert all(entity.label.translate(STAND_INS) in labels for entity in entities)


def test_gold_beside_predictions():
    gold = [Entity('name', 0, 1), Entity('name', 2, 3)]
    html = sentence_html('abcd', [Entity('name', 0, 1, 0.9), Entity('name', 2, 4, 0.8)], gold)
    assert Parsed(html).labels == ['✓ name 0.90', 'missed name', 'spurious name 0.80']
    assert [html.count(f'<mark class="{verdict}"') for verdict in ('correct', 'missed', 'spurious')] == [1, 1, 1]


def test_what_is_there_twice_is_shown_and_counted_once():
    missed, found = Entity('name', 0, 1), Entity('name', 2, 3, 0.9)
    page = to_html([('abcd', [found, found._replace(score=0.1)], [missed, missed])])
    assert Parsed(page).labels == ['missed name', 'spurious name 0.90']
    assert 'entities 1, correct 0, missed 1, spurious 1' in page


def test_a_page_of_anything_that_has_a_text_and_entities():
    name = Entity('name', 0, 1)
    page = to_html([('a', [name]), ('b', [], [name]), SimpleNamespace(text='c', entities=[name]),
                    NERDataSample(index=0, text='d', entities=[name], predicted=[name])], title='</title><script>')
    parsed = Parsed(page)
    assert parsed.text == 'abcd' and parsed.labels == ['name', 'missed name', 'name', '✓ name']
    assert 'script' not in parsed.tags and parsed.tags.count('li') == 4
    assert 'sentences 4, entities 3, correct 1, missed 1, spurious 0' in page


def test_a_page_needs_nothing_from_outside():
    page = to_html([('a', [Entity('name', 0, 1)])])
    assert not any(word in page for word in ('http:', 'https:', 'src="', 'href', '@import', 'url(', '<link'))


def test_a_page_of_nasty_rows_is_valid_utf8():
    source = random.Random(3)
    texts = [nasty_text(source) for _ in range(50)]
    page = to_html(((text, nasty_entities(source, text)) for text in texts), title=''.join(PIECES))
    assert '\0' not in page
    assert Parsed(page.encode('utf8').decode('utf8')).text == ''.join(texts).translate(STAND_INS)


def test_a_notebook_shows_it_with_its_style():
    html = Rendering('a', [Entity('name', 0, 1)])._repr_html_()
    assert html.startswith('<style>.mmner {') and html.endswith('a<bdi>name</bdi></mark></div>')


def test_an_entity_outside_its_text_is_refused():
    with pytest.raises(InputError, match='does not fit its text of 1 characters'):
        sentence_html('a', [], gold=[Entity('name', 0, 2)])
