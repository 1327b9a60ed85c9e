import json
import re
import shlex
import shutil

import pytest

from mmner.cli.annotation_files import READABLE, WRITABLE
from mmner.cli.convert import main
from mmner.datasets import CLUENERReader, ConllReader, JsonLinesReader, LabelStudioPredictionsReader
from mmner.registry import WRITERS
from mmner.structures import Entity
from tests.runs import ROOT, tool


@pytest.fixture
def convert(capsys):
    """Run the command in this process; its status and the lines that it printed."""
    def run(*argv) -> tuple[int, list[str]]:
        capsys.readouterr()
        status = main([str(argument) for argument in argv])
        captured = capsys.readouterr()
        return status, (captured.err if status else captured.out).splitlines()
    return run


def content(records) -> list[tuple]:
    return [(record['text'], sorted(record['entities'])) for record in records]


def test_the_command(shared, tmp_path):
    file = shared / 'data/resume/dev.char.bmes'
    done = tool('dataset_converters/convert.py', file, tmp_path / 'dev.json', '--from', 'conll', '--to', 'cluener')
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.splitlines() == [f'{file}: 463 records, 1497 entities']
    assert content(CLUENERReader(strict=True)(tmp_path / 'dev.json')) == content(ConllReader()(file))


GERMEVAL = '#\thttp://a\n1\tFC\tB-ORG\tO\n2\tKöln\tI-ORG\tB-LOC\n3\tgewinnt\tO\tO\n'


def test_the_commands_of_the_page(shared, tmp_path, monkeypatch):
    for name in ('resume', 'germeval2014'):
        (tmp_path / 'data' / name).mkdir(parents=True)
    shutil.copy(shared / 'data/resume/dev.char.bmes', tmp_path / 'data/resume/train.char.bmes')
    (tmp_path / 'data/germeval2014/NER-de-dev.tsv').write_text(GERMEVAL, encoding='utf8')
    predicted = dict(text='北京', entities=[dict(label='place', start=0, end=2, score=0.75)])
    (tmp_path / 'predicted.jsonl').write_text(json.dumps(predicted))
    page = (ROOT / 'docs/formats.md').read_text(encoding='utf8')
    commands = re.findall('^python tools/dataset_converters/convert.py (.*)$', page, re.M)
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert main(shlex.split(command)) == 0
    assert len(commands) == 3 and len(list(JsonLinesReader()('train.jsonl'))) == 463
    record, = LabelStudioPredictionsReader(strict=True)('tasks.json')
    assert record['entities'] == [Entity('place', 0, 2, 0.75)]
    record, = JsonLinesReader()('dev.jsonl')
    assert record['entities'] == [Entity('ORG', 0, 7), Entity('LOC', 3, 7)] and len(record['unit_offsets']) == 3


def test_every_format_stands_on_the_page():
    page = (ROOT / 'docs/formats.md').read_text(encoding='utf8')
    for name in {*READABLE, *WRITABLE}:
        row = re.search(rf'^\| `{name}` \|.*$', page, re.M)[0]
        assert all(f'`{part[name]}`' in row for part in (READABLE, WRITABLE) if name in part)


def test_what_a_format_holds_stands_on_the_page():
    """In the second table, which has no row for what is only read."""
    page = (ROOT / 'docs/formats.md').read_text(encoding='utf8')
    _, table = page.split('| | nested, crossing |')
    columns = ('fragments', 'relations', 'id', 'score', 'units')
    found = {}
    for names, _, *cells in (line.strip('|').split('|') for line in table.split('\n\n')[0].splitlines()[2:]):
        held = {column for column, cell in zip(columns, cells, strict=True) if cell.strip() == '✓'}
        found |= dict.fromkeys(re.findall('`(.*?)`', names), held)
    assert found == {name: set(WRITERS.get(writer).holds) for name, writer in WRITABLE.items()}


def test_any_into_any(shared, tmp_path, convert):
    """Round and round: what CLUENER's own texts and entities are, every format holds."""
    expected = content(CLUENERReader()(shared / 'data/cluener/dev.json'))
    both = [name for name in READABLE if name in WRITABLE]
    previous, name = shared / 'data/cluener/dev.json', 'cluener'
    for number, target in enumerate([*both, *reversed(both), 'cluener']):
        file = tmp_path / f'{number}.{target}'
        status, lines = convert(previous, file, '--from', name, '--to', target)
        assert (status, lines[0]) == (0, f'{previous}: 1343 records, 3072 entities')
        previous, name = file, target
    assert content(CLUENERReader(strict=True)(previous)) == expected


def test_options_of_both_ends(shared, tmp_path, convert):
    file = shared / 'data/wnut17/emerging.test.annotated'
    columns = ['--reader-options', r'separator=\t', 'joiner= ']
    assert convert(file, tmp_path / 'a.jsonl', '--from', 'conll', '--to', 'jsonl', *columns)[0] == 0
    assert convert(tmp_path / 'a.jsonl', tmp_path / 'a.conll', '--from', 'jsonl', '--to', 'conll', '--writer-options',
                   'scheme=IOB1')[0] == 0
    again = ConllReader(separator='\t', joiner=' ')(tmp_path / 'a.conll')
    expected = list(ConllReader(separator='\t', joiner=' ')(file))
    assert content(again) == content(expected)
    for record, other in zip(JsonLinesReader()(tmp_path / 'a.jsonl'), expected, strict=True):
        assert record['unit_offsets'].tolist() == other['unit_offsets'].tolist()


def test_what_is_left_out_is_shown_or_refused(tmp_path, convert):
    entities = [dict(label='a', start=0, end=3), dict(label='b', start=1, end=2)]
    (tmp_path / 'in').write_text(json.dumps(dict(text='abc', entities=entities)) + '\n')
    ends = [tmp_path / 'in', tmp_path / 'out', '--from', 'jsonl', '--to', 'conll']
    finding = f"entity that overlaps a longer one (left out), e.g. {tmp_path}/in:1: 'b' 'b'"
    assert convert(*ends, '--strict') == (1, [
        f"error: {tmp_path}/in:1: 'b' 'b': entity that overlaps a longer one (left out); correct the file, or leave "
        'out --strict (in Python: strict=True)'])
    assert not (tmp_path / 'out').exists()
    assert convert(*ends) == (0, [f'{tmp_path}/in: 1 records, 2 entities', f'{tmp_path}/out: 1 x {finding}'])
    assert convert(*ends) == (1, [f'error: {tmp_path}/out: exists and is not overwritten; give another name, or remove '
                                  'it'])


def test_nothing_is_written_of_nothing(tmp_path, convert):
    (tmp_path / 'in').write_text('[{"id": 1, "paragraphs": []}]')
    assert convert(tmp_path / 'in', tmp_path / 'out', '--from', 'spacy_v2', '--to', 'jsonl') == (
        1, [f'error: {tmp_path}/in: holds no text; nothing was written'])
    assert not (tmp_path / 'out').exists()


def test_an_empty_folder_becomes_one_of_brat(tmp_path, convert):
    (tmp_path / 'in').write_text('{"text": "abc"}\n')
    (tmp_path / 'out').mkdir()
    ends = [tmp_path / 'in', tmp_path / 'out', '--from', 'jsonl', '--to']
    assert convert(*ends, 'conll')[0] == 1 and not list((tmp_path / 'out').iterdir())
    assert convert(*ends, 'brat')[0] == 0 and len(list((tmp_path / 'out').iterdir())) == 2
    assert convert(*ends, 'brat')[1][0].endswith('out: exists and is not overwritten; give another name, or remove it')


def test_a_finding_names_the_id(tmp_path, convert):
    (tmp_path / 'in').write_text('{"id": "doc 7", "text": "abc"}\n')
    _, lines = convert(tmp_path / 'in', tmp_path / 'out', '--from', 'jsonl', '--to', 'conll')
    assert f'{tmp_path}/out: 1 x id (left out), e.g. {tmp_path}/in:1 (id doc 7)' in lines


@pytest.mark.parametrize(('options', 'reason'), [
    (['--reader-options', 'seperator=,'], "JsonLinesReader has no option 'seperator'; it has strict"),
    (['--writer-options', 'scheme=IOB'], "scheme='IOB', layers=1; the first is one of BIO,"),
    (['--writer-options', 'scheme'], 'scheme: expected KEY=VALUE')])
def test_mistakes_in_options(tmp_path, convert, options, reason):
    (tmp_path / 'in').write_text('{"text": "a"}\n')
    status, (line,) = convert(tmp_path / 'in', tmp_path / 'out', '--from', 'jsonl', '--to', 'conll', *options)
    assert status == 1 and reason in line and not (tmp_path / 'out').exists()
