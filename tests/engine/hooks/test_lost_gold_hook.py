import json
import re
from types import SimpleNamespace

import pytest
from torch import nn

from mmner.datasets import NERDataset
from mmner.engine.hooks import LostGoldHook
from mmner.models.decoders import EfficientGlobalPointerDecoder, W2NERDecoder
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
    assert logged == [
        f'{tmp_path}/train.jsonl: 2 x entity that EfficientGlobalPointerDecoder cannot find (it finds entities without '
        'a gap, of at most max_width=3 units; of those that overlap what AllSpans keeps), e.g. '
        f"{tmp_path}/train.jsonl:301: x 'abab'; {tmp_path}/train.jsonl:301: y 'a … a'"]
    LostGoldHook(strict=True).look_at(data, model_of(W2NERDecoder(hidden_size=4, categories=['x', 'y'])))
    with pytest.raises(InputError, match=r"train.jsonl:301: x 'abab': entity that EfficientGlobalPointerDecoder"):
        LostGoldHook(strict=True).look_at(data, model_of(decoder))


def test_what_it_does_not_look_at(logged):
    """Texts of another kind, a model that pre-trains."""
    hook = LostGoldHook(strict=True)
    hook.look_at([1, 2], model_of(EfficientGlobalPointerDecoder(hidden_size=4, categories=['x'])))
    hook.before_train(SimpleNamespace(train_dataloader=SimpleNamespace(dataset=[1]), model=nn.Module()))
    assert not logged


def test_a_training_says_it_once_for_each_file(tmp_path):
    config = write_config(tmp_path, model=f'dict(decoder={DECODER})')
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
