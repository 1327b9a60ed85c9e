import json
from itertools import count, islice
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmner.apis import NERInferencer, Prediction
from mmner.apis.model_source import find_model
from mmner.structures import Entity
from mmner.utils import InputError
from tests.runs import ROOT, forked_tool, write_whole


def spans(predictions):
    return [[entity.span for entity in prediction.entities] for prediction in predictions]


@pytest.fixture(scope='module')
def texts(small_model):
    lines = (small_model.parent / 'dev.json').read_text(encoding='utf8').splitlines()
    return [json.loads(line)['text'] for line in lines]


@pytest.fixture(scope='module')
def inferencer(small_model):
    return NERInferencer(small_model)


@pytest.fixture(scope='module')
def windowed(small_model, tmp_path_factory):
    """The config of the small model with windows of 40 tokens that share 20."""
    config = Config.fromfile(small_model / 'small.py')
    config.test_dataloader.dataset.pipeline[0].update(max_length=40, overlap=20)
    write_whole(config, file := tmp_path_factory.mktemp('windowed') / 'windowed.py')
    return file


def test_finds_what_the_test_tool_finds(inferencer, small_model, texts, tmp_path):
    file = tmp_path / 'predictions.jsonl'
    done = forked_tool('test.py', small_model / 'small.py', small_model / 'epoch_30.pth', '--work-dir', tmp_path,
                       '--dump', file)
    assert done.returncode == 0, done.stderr
    expected = [json.loads(line) for line in file.read_text(encoding='utf8').splitlines()]
    found = [prediction.to_dict() for prediction in inferencer(texts)]
    assert sum(len(line['entities']) for line in expected) > 20, 'the small model finds too little to tell'
    for line, other in zip(expected, found, strict=True):
        for entity, same in zip(line['entities'], other['entities'], strict=True):
            assert same.pop('score') == pytest.approx(entity.pop('score'), abs=1e-4)
        assert other == line


def test_the_labels_are_those_of_the_decoder(inferencer, small_model, tmp_path):
    config = Config.fromfile(small_model / 'small.py')
    config.test_dataloader.dataset.categories = config.categories[:2]
    write_whole(config, tmp_path / 'fewer.py')
    fewer = NERInferencer(tmp_path / 'fewer.py', small_model / 'epoch_30.pth', thresholds={config.categories[2]: 0.5})
    assert fewer.categories == inferencer.categories == tuple(config.categories)


def test_the_form_of_the_input_decides_that_of_the_output(inferencer, texts, tmp_path):
    one, many = inferencer(texts[0]), inferencer(texts)
    assert isinstance(one, Prediction) and one.text == texts[0] and isinstance(one.entities[0], Entity)
    assert isinstance(many, list) and [prediction.text for prediction in many] == texts
    assert isinstance(inferencer(tuple(texts)), list) and inferencer([]) == [] == list(inferencer(iter([])))
    (tmp_path / 'b.txt').write_text('\n'.join(texts[:2]), encoding='utf8')
    (tmp_path / 'c.txt').write_text(f'\n{texts[2]}\n', encoding='utf8')
    (tmp_path / 'd.jsonl').write_text('\n'.join(json.dumps(dict(text=text)) for text in texts))
    folder = inferencer(tmp_path)
    assert not isinstance(folder, list)
    assert [prediction.text for prediction in folder] == [*texts[:2], '', texts[2]]
    assert spans(inferencer(tmp_path / 'd.jsonl')) == spans(many)


class Table:
    """Iterates over the names of its columns, as that of pandas does."""
    columns = ['text']

    def __iter__(self):
        return iter(self.columns)


@pytest.mark.parametrize('given', [{'text': '王伟'}, b'abc', bytearray(b'abc'), 3, None, Table()],
                         ids=lambda given: type(given).__name__)
def test_what_is_no_list_of_texts_is_refused_at_once(inferencer, given):
    with pytest.raises(InputError, match='^give a string, a Path or an iterable of strings, this is of type '):
        inferencer(given)


def test_a_source_that_fails_gives_what_came_before(inferencer, texts):
    def source():
        yield from texts[:5]
        raise RuntimeError('the database is gone')

    found = []
    with pytest.raises(RuntimeError, match='^the database is gone$'):
        found.extend(inferencer(source()))
    assert [prediction.text for prediction in found] == texts[:5]


def test_the_program_around_keeps_its_random_numbers(small_model, texts):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    NERInferencer(small_model)(texts[:3])
    assert torch.equal(torch.rand(4), expected)


def test_an_endless_stream_in_order(small_model, texts):
    read = []
    endless = (read.append(number) or texts[number % len(texts)] for number in count())
    inferencer = NERInferencer(small_model, max_tokens=64)
    found = list(islice(inferencer(endless), 300))
    assert [prediction.text for prediction in found] == [texts[number % len(texts)] for number in range(300)]
    assert len(read) < 600
    assert spans(found[:len(texts)]) == spans(found[len(texts):2 * len(texts)]) == spans(inferencer(texts))


def test_a_long_text_is_the_same_in_one_batch_and_in_many(windowed, small_model, texts):
    text = ''.join(texts) * 12
    weights = small_model / 'epoch_30.pth'
    at_once, in_parts = (NERInferencer(windowed, weights, max_tokens=size) for size in (10**9, 200))
    sizes = []
    in_parts.model.register_forward_pre_hook(
        lambda model, args, kwargs: sizes.append(len(kwargs['batch'].input_ids)), with_kwargs=True)
    expected, found = at_once(text), in_parts(text)
    assert len(expected.entities) > 200 and found.text == text
    assert [entity.span for entity in found.entities] == [entity.span for entity in expected.entities]
    assert [entity.score for entity in found.entities] == pytest.approx(
        [entity.score for entity in expected.entities], abs=1e-4)
    assert len(sizes) > 50 and max(sizes) <= 200


def test_sentences_of_a_long_text_are_read_as_if_alone(small_model, texts):
    sentences = [f'{text}。' for text in texts] * 5
    whole = NERInferencer(small_model, split_sentences=True, max_tokens=500)(''.join(sentences))
    begin, expected = 0, []
    for sentence, prediction in zip(sentences, NERInferencer(small_model)(sentences), strict=True):
        expected += [(label, start + begin, end + begin) for label, start, end, *_ in prediction.entities]
        begin += len(sentence)
    assert [entity.span for entity in whole.entities] == expected and expected


@pytest.mark.parametrize('text', [
    '', ' ', ' \n\t', '\ud800', '\0', '😀👨\u200d👩\u200d👧', '\udfff王伟\ud800', '\u3000' * 300, 'İ' * 200])
@pytest.mark.parametrize('split', [False, True])
def test_odd_texts(small_model, text, split):
    inferencer = NERInferencer(small_model, split_sentences=split, max_tokens=100)
    for prediction in (inferencer(text), *inferencer([text, '王伟', text])[::2]):
        assert prediction.text == text
        assert all(0 <= start < end <= len(text) for _, start, end, *_ in prediction.entities)


def test_thresholds_come_before_the_dictionary(small_model, inferencer, texts):
    found = [entity for prediction in inferencer(texts) for entity in prediction.entities]
    scores = sorted(entity.score for entity in found)
    middle = scores[len(scores) // 2]
    kept = [entity for prediction in NERInferencer(small_model, thresholds=middle)(texts)
            for entity in prediction.entities]
    assert [entity.span for entity in kept] == [entity.span for entity in found if entity.score >= middle]
    strict = NERInferencer(small_model, thresholds=1.0, dictionary={'于': 'scene'})
    assert strict('甲于乙').entities == [Entity('scene', 1, 2, 1.0)]


def test_what_is_cut_is_said(small_model, tmp_path, caplog):
    config = Config.fromfile(small_model / 'small.py')
    config.test_dataloader.dataset.pipeline[0].update(max_length=12, on_long='truncate')
    write_whole(config, tmp_path / 'cut.py')
    inferencer = NERInferencer(tmp_path / 'cut.py', small_model / 'epoch_30.pth')
    inferencer(['王伟', '王' * 20])
    assert caplog.messages == ['1 x text cut at max_length (on_long="truncate"), e.g. text 2: 10 of 20 units']
    caplog.clear()
    next(inferencer(text for text in (20 * 'a', 'b')))      # also of a stream that is left
    assert caplog.messages == ['1 x text cut at max_length (on_long="truncate"), e.g. text 1: 10 of 20 units']
    caplog.clear()
    inferencer('王伟')
    assert not caplog.messages


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(model='absent'), 'absent: no such model, as a path or in mmner; the nearest of its '),
    (dict(weights='absent.pth'), 'absent.pth: no such checkpoint'),
    (dict(device='gpu'), "device 'gpu' is unknown"),
    (dict(device='mps'), "device 'mps' is unknown; give cpu, cuda or cuda:N"),
    (dict(device='meta'), "device 'meta' is unknown; give cpu, cuda or cuda:N"),
    (dict(device='cuda:77'), "device 'cuda:77' is not there"),
    (dict(model=ROOT / 'configs/_base_/datasets/sample.py', weights='a.pth'), 'sample.py: has no model; give a config'),
    (dict(precision='float8'), "precision 'float8' is none of"),
    (dict(max_tokens=0), 'max_tokens=0'),
    (dict(thresholds={'planet': 1}), "threshold of 'planet': unknown label; known are address"),
    (dict(dictionary={'a': 'planet'}), "unknown label 'planet'; known"),
])
def test_mistakes(small_model, arguments, message):
    with pytest.raises(InputError, match=message):
        NERInferencer(**{'model': small_model, **arguments})


def test_a_config_without_a_test_set(small_model, tmp_path):
    (tmp_path / 'no_test.py').write_text(f'_base_ = {str(small_model / "small.py")!r}\n'
                                         'test_dataloader = test_cfg = test_evaluator = None\n')
    with pytest.raises(InputError, match='no_test.py: test_dataloader.dataset names no pipeline and categories'):
        NERInferencer(tmp_path / 'no_test.py', small_model / 'epoch_30.pth')


def test_inputs_that_are_no_texts(inferencer):
    for inputs, message in ((3, 'of type int'), ([b'a'], 'text 1: a text must be a string, this is of type bytes'),
                            (Path('absent.txt'), 'absent.txt: no such file')):
        with pytest.raises(InputError, match=message):
            inferencer(inputs)


def test_precision_is_that_of_the_config_unless_given(small_model, inferencer):
    assert inferencer.model.precision == 'float32'
    assert NERInferencer(small_model, precision='bfloat16').model.precision == 'bfloat16'


@pytest.mark.parametrize(('speedup', 'expected'), [(1.8, 'bfloat16'), (0.4, 'float32')])
def test_a_model_trained_in_bfloat16_on_another_device(small_model, tmp_path, monkeypatch, speedup, expected):
    monkeypatch.setattr('mmner.apis.inferencer.bfloat16_speedup', lambda device: speedup)
    config = Config.fromfile(find_model(small_model, None).config_file)
    config.model.precision = 'bfloat16'
    write_whole(config, tmp_path / 'config.py')
    weights = find_model(small_model, None).weights
    assert NERInferencer(tmp_path / 'config.py', weights).model.precision == expected
    assert NERInferencer(tmp_path / 'config.py', weights, precision='bfloat16').model.precision == 'bfloat16'
