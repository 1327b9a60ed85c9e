"""Each corpus of the table, in the layout in which it is published."""
import os
from dataclasses import replace

import pytest

from mmner.cli.prepare_dataset import main
from mmner.datasets.corpora import CORPORA
from mmner.registry import READERS
from mmner.utils.config import read_config
from tests.runs import ROOT


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')


@pytest.mark.parametrize(('name', 'words'), [
    ('conll2003', ['NIST', 'eng.train, eng.testa, eng.testb']), ('ontonotes4', ['LDC2011T03']), ('cmeee', ['Tianchi'])])
def test_what_no_program_may_fetch(tmp_path, capsys, name, words):
    assert main([name, '--out', str(tmp_path / 'out')]) == 1
    line, = capsys.readouterr().err.splitlines()
    assert all(word in line for word in [*words, '--archive FILE', CORPORA[name].homepage])
    assert not (tmp_path / 'out').exists()


# A sentence or two in each official layout, with what must be read of it: texts and entities.
COLUMNS = '中 B-ORG\n国 I-ORG\n人 O\n\n北 B-LOC\n京 I-LOC\n'
SAMPLES = {
    'weibo': ('小0\tB-PER.NAM\n米1\tI-PER.NAM\n手0\tO\n机1\tO\n\n我0\tO\n', 2, 1),
    'msra': (COLUMNS.replace(' ', '\t'), 2, 2), 'peoples_daily': (COLUMNS, 2, 2),
    'ontonotes4': ('美 B-GPE\n利 M-GPE\n坚 E-GPE\n人 O\n\n港 S-GPE\n', 2, 2),
    'conll2003': ('-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\nGerman JJ I-NP I-MISC\n'
                  'British JJ I-NP B-MISC\n. . O O\n\nPeter NNP I-NP I-PER\nBlackburn NNP I-NP I-PER\n', 2, 4),
    'germeval2014': ('#\thttp://de.wikipedia.org/wiki/Manfred_Korfmann [2009-10-17]\n1\tTroia\tB-OTH\tB-LOC\n'
                     '2\t-\tI-OTH\tO\n3\tTraum\tI-OTH\tO\n4\t#\tO\tO\n\n', 1, 2)}


@pytest.mark.parametrize('name', SAMPLES)
def test_the_official_layouts_without_real_files(tmp_path, capsys, monkeypatch, name):
    sample, texts, entities = SAMPLES[name]
    corpus, given, out = CORPORA[name], tmp_path / 'given', tmp_path / 'out'
    given.mkdir()
    for file in corpus.files:
        (given / file.name).write_text(sample, encoding='utf8')
    if corpus.files[0].texts:
        assert main([name, '--archive', str(given), '--out', str(out)]) == 1
        assert f'found {texts} texts with {entities} entities, expected' in capsys.readouterr().err
        assert not out.exists()
    files = tuple(replace(file, texts=texts, spans=entities) for file in corpus.files)
    monkeypatch.setitem(CORPORA, name, replace(corpus, files=files))
    assert main([name, '--archive', str(given), '--out', str(out)]) == 0
    assert sorted(os.listdir(out)) == sorted(file.name for file in files)
    assert main([name, '--out', str(out)]) == 0, 'prepared: nothing is fetched'
    categories = read_config(str(ROOT / f'configs/_base_/datasets/{name}.py')).categories
    records = list(READERS.build(dict(corpus.reader))(out / files[0].name))
    assert {entity.label for record in records for entity in record['entities']} <= set(categories)
    assert ('unit_offsets' in records[0]) == (corpus.units == 'words')
    assert name != 'weibo' or records[0]['text'] == '小米手机'


@pytest.mark.parametrize('name', ['resume', 'wnut17'])
def test_real_files_from_a_server(shared, serve, tmp_path, name):
    folder, out = shared / 'data' / name, tmp_path / 'out'
    assert main([name, '--url', serve(folder), '--out', str(out)]) == 0
    for file in CORPORA[name].files:
        assert (out / file.name).read_bytes() == (folder / file.name).read_bytes()
    assert len(os.listdir(out)) == 3


def test_real_cmeee(shared, tmp_path, capsys):
    given, out = tmp_path / 'given', tmp_path / 'out'
    given.mkdir()
    dev = (shared / 'data/cmeee_nested/CMeEE_dev.json').read_bytes()
    for name, content in (('train', dev), ('dev', b'[{"text": "x", "entities": []}]'), ('test', b'[{"text": "x"}]')):
        (given / f'CMeEE_{name}.json').write_bytes(content)
    assert main(['cmeee', '--archive', str(given), '--out', str(out)]) == 1
    assert 'CMeEE_dev.json: found 1 texts with 0 entities, expected 5000 texts with 20300' in capsys.readouterr().err
    assert not out.exists()
    (given / 'CMeEE_dev.json').write_bytes(dev)
    assert main(['cmeee', '--archive', str(given), '--out', str(out)]) == 0
    assert (out / 'CMeEE_dev.json').read_bytes() == dev


def test_list(capsys):
    assert main(['--list']) == 0
    shown = capsys.readouterr().out
    assert all(corpus.homepage in shown for corpus in CORPORA.values()) and '23972, 3072, 0' in shown
    assert main([]) == 1
