import json
import re

import pytest
from mmengine.dataset import ConcatDataset, RepeatDataset
from torch import nn

from mmner.cli.config import load_config
from mmner.datasets import NERDataset
from mmner.engine import NERRunner
from mmner.engine.hooks import LostGoldHook
from mmner.models.decoders import EfficientGlobalPointerDecoder, PartialCRFDecoder, W2NERDecoder
from mmner.utils import InputError
from tests.runs import forked_tool, write_config

DECODER = ("dict(_delete_=True, type='EfficientGlobalPointerDecoder', hidden_size=128, categories=_base_.categories, "
           'max_width=2)')


@pytest.fixture
def dataset(tmp_path):
    """Builds a dataset of JSON lines."""
    def build(*records: dict) -> NERDataset:
        (tmp_path / 'train.jsonl').write_text('\n'.join(map(json.dumps, records)))
        (tmp_path / 'vocab.txt').write_text('[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb')
        tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))
        return NERDataset('train.jsonl', data_root=str(tmp_path), categories=['x', 'y'],
                          reader=dict(type='JsonLinesReader'), pipeline=[dict(type='Tokenize', tokenizer=tokenizer)])
    return build


def model_of(decoder: nn.Module | None) -> nn.Module:
    model = nn.Module()
    model.decoder = decoder
    return model


def record(text: str, *spans) -> dict:
    keys = ('label', 'start', 'end', 'fragments')
    return dict(text=text, entities=[dict(zip(keys, span, strict=False)) for span in spans])


@pytest.fixture
def logged(monkeypatch):
    lines = []
    monkeypatch.setattr('mmner.engine.hooks.lost_gold_hook.print_log', lambda line, **_: lines.append(line))
    return lines


def test_what_a_decoder_cannot_find_is_counted_and_shown(dataset, logged, tmp_path):
    """Also behind the samples that are looked at together, and with a gap."""
    plain = [record('aba', ('x', 0, 3), ('y', 1, 2))] * 300
    data = dataset(*plain, record('abab', ('x', 0, 4), ('y', 0, 3, [[0, 1], [2, 3]])))
    decoder = EfficientGlobalPointerDecoder(hidden_size=4, categories=['x', 'y'], max_width=3)
    LostGoldHook().look_at(data, model_of(decoder))
    kind = ('entity that EfficientGlobalPointerDecoder cannot find (it finds entities without a gap, of at most '
            'max_width=3 units; of those that overlap what AllSpans keeps)')
    assert logged == [
        f"{tmp_path}/train.jsonl: 1 x {kind}, e.g. {tmp_path}/train.jsonl:301: x 'abab'",
        f"{tmp_path}/train.jsonl: 1 x discontinuous {kind}; W2NERDecoder finds these, e.g. {tmp_path}/train.jsonl:301: "
        "y 'a … a'"]
    LostGoldHook(strict=True).look_at(data, model_of(W2NERDecoder(hidden_size=4, categories=['x', 'y'])))
    with pytest.raises(InputError, match=r"^[^:]*train.jsonl:301: x 'abab': entity that .*; choose a decoder"):
        LostGoldHook(strict=True).look_at(data, model_of(decoder))


def test_who_has_w2ner_is_not_sent_to_it(dataset, logged):
    data = dataset(record('abababab', ('x', 0, 8, [[0, 1], [7, 8]])))
    LostGoldHook().look_at(data, model_of(W2NERDecoder(hidden_size=4, categories=['x'], max_length=4)))
    assert '1 x entity that W2NERDecoder cannot find' in logged[0] and 'finds these' not in logged[0]


def test_a_label_that_the_decoder_lacks_is_lost(dataset, logged, tmp_path):
    """Those behind it are found as before; of annotation in part the unknown is none to be found."""
    data = dataset(record('abab', ('x', 0, 1), ('y', 1, 2), ('x', 2, 3)))
    LostGoldHook().look_at(data, model_of(EfficientGlobalPointerDecoder(hidden_size=4, categories=['x'])))
    assert len(logged) == 1 and logged[0].endswith(f"e.g. {tmp_path}/train.jsonl:1: y 'b'")
    partial = PartialCRFDecoder(hidden_size=4, unknown_label='y', tag_scheme=dict(type='BIO', categories=['x']))
    LostGoldHook(strict=True).look_at(data, model_of(partial))


def test_what_it_does_not_look_at(dataset, logged):
    """A model that pre-trains in silence; texts of another kind are told."""
    data = dataset(record('ab', ('x', 0, 2)))
    decoder = EfficientGlobalPointerDecoder(hidden_size=4, categories=['x'], max_width=1)
    LostGoldHook().look_at([1], model_of(None))
    for whole in (ConcatDataset([data, data]), RepeatDataset(data, 2)):
        LostGoldHook().look_at(whole, model_of(decoder))
        assert ' 1 x entity that' in logged.pop() and not logged, 'a file is looked at once'
    LostGoldHook().look_at([1, 2], model_of(decoder))
    assert logged[0].startswith('list: not looked at for any entity that EfficientGlobalPointerDecoder cannot find')


def test_gold_of_dev_is_refused_before_the_first_step(tmp_path):
    """Also by a config that has hooks of its own."""
    config = write_config(tmp_path, model=f'dict(decoder={DECODER})', default_hooks=(
        "dict(_delete_=True, lost_gold=dict(type='LostGoldHook', strict=True))"))
    lines = [json.loads(line) for line in (tmp_path / 'train.json').read_text(encoding='utf8').splitlines()]
    (tmp_path / 'train.json').write_text('\n'.join(json.dumps(line | dict(label={})) for line in lines))
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run')
    assert done.returncode == 1 and 'dev.json:' in done.stderr.splitlines()[-1]
    assert 'Epoch(' not in done.stdout and not list((tmp_path / 'run').glob('*.p*'))


def test_a_training_says_it_once_for_each_file(tmp_path):
    config = write_config(tmp_path, model=f'dict(decoder={DECODER})', default_hooks='dict(_delete_=True)')
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr
    log, = (tmp_path / 'run').glob('*/*.log')
    counts = dict(re.findall(r'(\w+)\.json: (\d+) x entity that EfficientGlobalPointerDecoder cannot',
                             log.read_text(encoding='utf8')))
    assert log.read_text(encoding='utf8').count('cannot find (it finds') == 2
    for part in ('train', 'dev'):
        lines = (tmp_path / f'{part}.json').read_text(encoding='utf8').splitlines()
        spans = [span for line in lines for strings in json.loads(line)['label'].values() for spans in strings.values()
                 for span in spans]
        assert int(counts[part]) == sum(last - first + 1 > 2 for first, last in spans) > 0


def test_none_leaves_it_out(tmp_path):
    config = load_config(str(write_config(tmp_path, default_hooks='dict(lost_gold=None)')))
    config.work_dir = str(tmp_path / 'run')
    hooks = NERRunner.from_cfg(config).get_hooks_info()
    assert 'LostGoldHook' not in hooks and 'NERCheckpointHook' in hooks
