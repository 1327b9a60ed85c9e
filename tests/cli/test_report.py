"""A report of `tools/test.py --report`, opened and clicked through in a real Chromium."""
import json
import re
from argparse import ArgumentParser
from base64 import b64decode

import pytest

from mmner.cli import report, test
from mmner.cli.annotation_files import Pairs
from mmner.cli.report_sections import sureness_section
from mmner.structures import Entity
from tests.known_model import write_known_model
from tests.runs import ROOT, forked_tool, tool

NASTY = '</script><b>京&amp;\ud800'
# What the known model finds: 王 name, 京 address, k game, > organization, a lone surrogate movie.
TEXTS = [('王', [('name', 0, 1)]),                                          # correct
         ('北京', [('address', 0, 2)]),                                     # boundary
         ('大京', [('scene', 1, 2)]),                                       # type
         ('abc', [('movie', 0, 2)]),                                        # missed
         (NASTY, [('organization', 8, 9), ('address', 12, 13)]),            # two correct, two spurious
         *[(f'k{number}', []) for number in range(60)]]                     # spurious
BASELINE = {'王': [], 'abc': [('movie', 0, 2)], 'k7': [('game', 0, 1), ('book', 1, 2), ('book', 1, 2)]}


def record(text: str, entities: list) -> str:
    return json.dumps(dict(text=text, entities=[dict(zip(('label', 'start', 'end'), entity, strict=True))
                                                for entity in entities]))


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """The folder of a report, and what the program that wrote it printed."""
    folder = tmp_path_factory.mktemp('report')
    config, weights = write_known_model(folder)
    (folder / 'gold.jsonl').write_text('\n'.join(record(*text) for text in TEXTS))
    (folder / 'train.jsonl').write_text('\n'.join([record('京', [('scene', 0, 1)]), record('王', [('name', 0, 1)])]))
    found = {'王': 'name', '京': 'address', 'k': 'game', '>': 'organization', '\ud800': 'movie'}
    (folder / 'baseline.jsonl').write_text('\n'.join(
        record(text, BASELINE.get(text, [(found[character], place, place + 1) for place, character in enumerate(text)
                                         if character in found])) for text, _ in TEXTS
    ).replace(', "entities": []', '', 1))
    done = forked_tool(
        'test.py', config, weights, '--work-dir', folder / 'run', '--report', folder / 'report.html', '--baseline',
        folder / 'baseline.jsonl', '--cfg-options', 'test_dataloader.dataset.reader.type=JsonLinesReader',
        'train_dataloader.dataset.reader.type=JsonLinesReader',
        *(f'{part}_dataloader.dataset.data_root={folder}' for part in ('train', 'test')),
        'test_dataloader.dataset.ann_file=gold.jsonl', 'train_dataloader.dataset.ann_file=train.jsonl')
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture
def page(run, chromium):
    chromium.get((run[0] / 'report.html').as_uri())
    yield chromium
    assert not [entry for entry in chromium.get_log('browser') if entry['level'] == 'SEVERE']


def ask(page, expression: str):
    return page.execute_script(f'return {expression}')


def click(page, data: dict) -> str:
    """Click the first count that leads to these filters; what the page then says of the number of sentences."""
    page.execute_script(f"document.querySelector({json.dumps(f'button[data-filter={json.dumps(json.dumps(data))}]')})"
                        '.click()')
    return ask(page, "document.getElementById('count').textContent")


def choose(page, name: str, value: str) -> str:
    page.execute_script(
        f"const field = document.getElementById('filters').elements['{name}']; field.value = '{value}';"
        "field.dispatchEvent(new Event('input', {bubbles: true}))")
    return ask(page, "document.getElementById('count').textContent")


def shown_texts(page) -> list[str]:
    """The sentences of the list without labels; of one that changed also the baseline's."""
    return ask(page, "[...document.querySelectorAll('#list .mmner')].map((sentence) => {"
                     'const copy = sentence.cloneNode(true);'
                     "copy.querySelectorAll('bdi').forEach((label) => label.remove());"
                     'return copy.textContent; })')


def test_counts_lead_to_their_sentences(page):
    categories = sorted({'name', 'address', 'scene', 'movie', 'organization', 'game'})
    place = categories.index
    assert click(page, dict(kind='missed')) == '1 of 65 sentences' and shown_texts(page)[0] == 'abc'
    assert click(page, dict(kind='boundary')) == '1 of 65 sentences' and shown_texts(page) == ['北京']
    assert click(page, dict(kind='type')) == '1 of 65 sentences' and shown_texts(page) == ['大京']
    assert click(page, dict(kind='spurious')) == '61 of 65 sentences'
    assert click(page, dict(gold=place('scene'), predicted=place('address'))) == '1 of 65 sentences'
    assert click(page, dict(gold=-1, predicted=place('movie'))) == '1 of 65 sentences'
    assert shown_texts(page) == [NASTY.replace('\ud800', '\ufffd')] and not ask(
        page, "document.querySelector('#list b')")
    assert click(page, dict(gold=place('address'))) == '2 of 65 sentences'
    assert choose(page, 'kind', 'error') == '1 of 65 sentences'


def test_filters(page):
    assert choose(page, 'words', 'K5') == '11 of 65 sentences'
    assert choose(page, 'kind', 'correct') == '0 of 65 sentences'
    page.execute_script("document.querySelector('#filters button[type=reset]').click()")
    assert page.execute_async_script("setTimeout(() => arguments[0](document.getElementById('count').textContent), 50)"
                                     ) == '65 of 65 sentences'
    assert choose(page, 'changed', 'better') == '2 of 65 sentences'
    assert shown_texts(page) == ['王', '王', 'k7', 'k7']
    assert choose(page, 'changed', 'worse') == '1 of 65 sentences'
    assert choose(page, 'changed', 'any') == '3 of 65 sentences'
    assert 'gold.jsonl:4' in ask(page, "document.querySelectorAll('#list small')[2].textContent")


def test_list_grows(page):
    length = "document.querySelectorAll('#list > li').length"
    assert ask(page, length) == 50 and ask(page, "document.getElementById('more').hidden") is False
    page.execute_script("document.getElementById('more').click()")
    assert ask(page, length) == 65 and ask(page, "document.getElementById('more').hidden") is True


def test_plots_are_shown_and_nothing_is_fetched(run, page):
    page.execute_async_script('Promise.all([...document.images].map((image) => image.decode())).then(arguments[0])')
    widths = ask(page, '[...document.images].map((image) => image.naturalWidth)')
    assert len(widths) == 6 and min(widths) > 200
    fetched = ask(page, "performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert all(address.startswith('data:') for address in fetched)
    assert ask(page, 'document.documentElement.scrollWidth <= window.innerWidth')


def test_numbers(run):
    folder, printed = run
    page = (folder / 'report.html').read_text(encoding='utf8')
    assert f'{folder}/report.html: report on 65 texts' in printed
    precision, recall, f1 = (re.search(rf'span/{name}: (\S+)', printed)[1] for name in ('precision', 'recall', 'f1'))
    assert (precision, recall) == ('0.0448', '0.5000')                      # 3 of 67, 3 of 6
    assert re.search(rf'<th>micro</th><td>{precision}\d*</td><td>{recall}</td><td>{f1}\d*</td>', page)
    assert re.search(r'<th>seen with another label</th>.*?<th>unseen</th>', page)
    assert re.search(rf'<th>all</th><td>0\.\d+</td><td>{f1}\d*</td>', page)     # A is the baseline, B this model


def test_what_was_repaired_in_the_baseline_is_told(run):
    folder, printed = run
    assert f'{folder}/baseline.jsonl: 1 x line without "entities" (a text without gold), e.g. ' in printed
    assert f"{folder}/baseline.jsonl: 1 x entity given twice, e.g. {folder}/baseline.jsonl:13: book '7'" in printed


def test_of_files_without_scores(run, tmp_path):
    folder, _ = run
    files = [folder / 'gold.jsonl', folder / 'baseline.jsonl', tmp_path / 'report.html']
    done = tool('analysis_tools/report.py', *files)
    assert done.returncode == 0, done.stderr
    page = files[2].read_text(encoding='utf8')
    assert 'The predictions have no scores.' in page and 'Against the baseline' not in page


def test_gold_that_stands_twice_counts_once():
    gold = [Entity('a', 0, 1), Entity('a', 2, 3)]
    found = [entity._replace(score=0.9) for entity in gold]
    once, twice = (sureness_section(Pairs(['abc'], [entities], [found])) for entities in (gold, [*gold, gold[0]]))
    assert once == twice


def test_categories_called_all_and_none(tmp_path):
    """Beside the bar of all and the choice of none; an entity that is annotated twice counts once."""
    found = [Entity('all', 0, 2, 0.9)]
    pairs = Pairs(['abcde'], [[Entity('all', 0, 2), Entity('none', 3, 5), Entity('none', 3, 5)]], [found * 2])
    report.write_report(tmp_path / 'a.html', pairs, ['a:1'], {})
    page = (tmp_path / 'a.html').read_text(encoding='utf8')
    plot = b64decode(re.search('alt="F1 of each category" src="data:image/svg[+]xml;base64,([^"]*)"', page)[1]).decode()
    assert re.findall(r'>(all|none|\d\.\d{4}) ?[(<]', plot) == ['all', 'all', 'none', '0.6667', '1.0000', '0.0000']
    choices, = re.findall('<select name="gold">(.*?)</select>', page)
    assert re.findall('value="(.*?)">(.*?)<', choices) == [('', 'any'), ('0', 'all'), ('1', 'none'), ('-1', 'none')]
    assert '<dt>Gold entities</dt><dd>2</dd><dt>Predicted entities</dt><dd>1</dd>' in page
    sentence, = json.loads(re.search('id="sentences">(.*?)</script>', page)[1])
    assert sentence['html'].count('<mark') == 2


def test_mistakes(run, tmp_path):
    folder, _ = run
    gold, short = folder / 'gold.jsonl', tmp_path / 'short.jsonl'
    short.write_text(record(*TEXTS[0]))
    for arguments, words in (
            ((gold, short, tmp_path / 'report.html'), f'{short}: ends after 1 texts'),
            ((gold, gold, tmp_path), 'is a folder; give a file'),
            *(((gold, short, file, '--train', gold, '--baseline', gold), f'{file}: is read by this command; give')
              for file in (gold, short)),
            ((gold, gold, tmp_path / 'report.html', '--baseline', tmp_path / 'none'), 'none')):
        done = forked_tool('analysis_tools/report.py', *arguments)
        assert done.returncode == 1 and words in done.stderr and done.stderr.count('\n') == 1
    done = forked_tool('test.py', folder / 'known.py', 'x.pth', '--baseline', gold)
    assert done.returncode == 1 and '--report' in done.stderr
    done = forked_tool('test.py', folder / 'known.py', 'x.pth', '--work-dir', folder / 'run', '--baseline', gold,
                       '--report', tmp_path / 'report.html')
    assert done.returncode == 1 and f'error: {gold}:1: the text is not that of ' in done.stderr, 'before the test'
    assert [file.name for file in tmp_path.iterdir()] == ['short.jsonl'] and short.read_text() == record(*TEXTS[0])


def test_the_commands_of_the_page():
    page = (ROOT / 'docs/evaluate.md').read_text(encoding='utf8')
    for script, module in ((r'test\.py', test), (r'analysis_tools/report\.py', report)):
        commands = re.findall(f'^python tools/{script} (.*)$', page, re.M)
        parser = ArgumentParser(exit_on_error=False)
        module.add_arguments(parser)
        assert commands and all(parser.parse_args(command.split()) for command in commands)
