"""The table of corpora against the configs, the page and the real files."""
import pytest
from mmengine.registry import init_default_scope

from mmner.cli.corpus_preparation import corpus_table
from mmner.datasets.corpora import CORPORA
from mmner.datasets.corpus_files import check_file
from mmner.registry import DATASETS, READERS
from mmner.utils.config import read_config
from tests.runs import ROOT

REAL = {'cluener': 'cluener', 'resume': 'resume', 'wnut17': 'wnut17', 'cmeee': 'cmeee_nested'}


@pytest.mark.parametrize('name', CORPORA)
def test_the_config_reads_what_the_preparer_brings(name):
    config = read_config(str(ROOT / f'configs/_base_/datasets/{name}.py'))
    corpus = CORPORA[name]
    names = [file.name for file in corpus.files]
    datasets = [config[f'{part}_dataloader'].dataset for part in ('train', 'val', 'test')]
    assert [dataset.ann_file for dataset in datasets] == [
        names[0], names[1], names[-1] if corpus.files[-1].spans != 0 else names[1]]
    for dataset in datasets:
        assert dataset.data_root == f'data/{name}'
        ours, theirs = (vars(READERS.build(dict(reader))) for reader in (dataset.reader, corpus.reader))
        assert dataset.reader.type == corpus.reader['type'] and ours | dict(report=None) == theirs | dict(report=None)
    assert len(set(config.categories)) == len(config.categories)
    assert f'prepare_dataset.py {name}' in (ROOT / f'configs/_base_/datasets/{name}.py').read_text(encoding='utf8')


@pytest.mark.parametrize('name', sorted(CORPORA.keys() - REAL))
def test_a_copied_config_with_the_name_of_another_corpus(name, tmp_path):
    """As docs/corpora.md says."""
    model = 'wnut17' if CORPORA[name].units == 'words' else 'resume'
    text = (ROOT / f'configs/bert_global_pointer/e5-small_efficient_global_pointer_{model}_10e.py').read_text()
    (tmp_path / 'copy.py').write_text(text.replace(model, name).replace("'../", f"'{ROOT}/configs/"))
    config = read_config(str(tmp_path / 'copy.py'))
    assert config.pretrained == f'checkpoints/e5-small-{name}'
    for split in ('train', 'val', 'test'):
        assert config[f'{split}_dataloader'].dataset.data_root == f'data/{name}'
    assert config.model.decoder.categories == config.categories


def test_words_are_the_units_of_languages_with_blanks():
    for corpus in CORPORA.values():
        by_words = corpus.reader.get('joiner') == ' ' or corpus.reader['type'] == 'JsonLinesReader'
        assert by_words == (corpus.units == 'words') == (corpus.language != 'Chinese')


@pytest.mark.parametrize('name', REAL)
def test_the_real_files_have_the_counts(shared, name):
    checked = 0
    for file in CORPORA[name].files:
        if (shared / 'data' / REAL[name] / file.name).is_file():
            found = check_file(shared / 'data' / REAL[name] / file.name, file, CORPORA[name].reader)
            assert found == (file.texts, file.spans)
            checked += 1
    assert checked == dict(cluener=2, cmeee=1).get(name, 3)


@pytest.mark.parametrize('name', REAL)
def test_the_categories_are_those_of_the_real_files(shared, name):
    init_default_scope('mmner')
    config = read_config(str(ROOT / f'configs/_base_/datasets/{name}.py'))
    dataset = config.val_dataloader.dataset
    dataset.data_root, dataset.pipeline = str(shared / 'data' / REAL[name]), []
    labels = {entity.label for sample in DATASETS.build(dataset) for entity in sample['entities']}
    assert sorted(labels) == sorted(config.categories)


def test_every_corpus_can_be_had_somehow():
    for corpus in CORPORA.values():
        ways = [bool(corpus.archive), all(file.url for file in corpus.files), bool(corpus.terms)]
        assert sum(ways) == 1, corpus.title
        assert bool(corpus.members) <= bool(corpus.convert)


def test_the_page_has_the_table_and_every_citation():
    page = (ROOT / 'docs/corpora.md').read_text(encoding='utf8')
    assert corpus_table() in page
    for name, corpus in CORPORA.items():
        row, = [line for line in page.splitlines() if line.startswith(f'- **{name}**')]
        assert row == f'- **{name}**: {corpus.title}. {corpus.citation}' + (f'. {corpus.terms}' if corpus.terms else '')
