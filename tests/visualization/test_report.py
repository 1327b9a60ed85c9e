"""What a page holds; `tests/cli/test_report.py` opens one in a browser."""
import json
import random
import re
from base64 import b64encode
from hashlib import sha256

from mmner.structures import Entity
from mmner.visualization.report import Count, Section, Sentence, figures, paragraph, report_page, table
from tests.visualization.nasty import PIECES, nasty_entities, nasty_text


def test_no_text_gets_out_of_its_place():
    source = random.Random(11)
    texts = [nasty_text(source) for _ in range(60)]
    sentences = [Sentence(where, text, nasty_entities(source, text), nasty_entities(source, text), [])
                 for where, text in zip(PIECES * 2, texts, strict=False)]
    bad = ''.join(PIECES)
    section = Section(bad, paragraph(bad) + table([bad], [[bad, bad]]) + figures({bad: ''}))
    page = report_page(bad, {bad: bad}, [section],
                       choices=dict(kind=(bad, [(bad, bad)])), sentences=sentences)
    scripts = re.findall(r'<script[^>]*>(.*?)</script>', page, re.S)
    assert len(scripts) == 2 and page.count('<script') == 2 and '<b>' not in page
    shown = [sentence['text'].encode('utf-16', 'surrogatepass') for sentence in json.loads(scripts[0])]
    assert shown == [sentence.text.encode('utf-16', 'surrogatepass') for sentence in sentences]     # pairs count as one
    allowed, = re.findall(r"script-src 'sha256-(\S+)'", page)
    assert b64encode(sha256(scripts[1].encode()).digest()).decode() == allowed
    page.encode('utf8')


def test_table_with_counts():
    row = ['name', Count(3, dict(gold=0, predicted=0), 0.75), Count(0, dict(gold=0))]
    html = table(['gold', 'name', 'none'], [row])
    assert '<th>name</th><td style="--heat:0.750"><button' in html and html.endswith(
        '>3</button></td><td>0</td></tr></tbody></table></div>')
    data, = re.findall('data-filter="([^"]*)"', html)
    assert json.loads(data.replace('&quot;', '"')) == dict(gold=0, predicted=0)


def test_a_sentence_that_changed_shows_both():
    entity = Entity('name', 0, 1)
    html = Sentence('a:1', '王', [entity], [entity], [('correct', 0, 0)], [], 'better').to_dict()['html']
    first, second = html.split('<small>baseline</small>')
    assert 'correct' in first and 'missed' in second
    assert 'baseline' not in Sentence('a:1', '王', [entity], [entity], [], [entity]).to_dict()['html']
