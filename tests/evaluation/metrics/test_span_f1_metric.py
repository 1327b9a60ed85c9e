import json
from pathlib import Path

import pytest
from mmengine.logging import MMLogger
from torch import distributed

from mmner.evaluation import SpanF1Metric
from mmner.registry import METRICS
from mmner.structures import Entity, NERDataSample
from mmner.utils import InputError
from tests.runs import fork_ranks

CASES = {'uneven': [[0, 2, 4], [1, 3]], 'doubled': [[0, 2, 4], [1, 3, 0]], 'blocks': [[3, 4], [0, 1, 2]],
         'one rank': [[4, 3, 2, 1, 0], []], 'lost': [[0, 2, 4], [1, 1]], 'too many': [[0, 2, 4], [1, 3, 5]]}


def sample(index):
    return NERDataSample(index=index, text='x' * 9, entities=[Entity('abc'[index % 3], index, index + 2)],
                         predicted=[Entity('abb'[index % 3], index, index + 2, 0.5)])


def evaluate_cases(rank: int, folder: Path) -> None:
    """One of two ranks: the results of all cases, or why there is none, go to a file."""
    distributed.init_process_group('gloo', f'file://{folder}/store', rank=rank, world_size=2)
    results = {}
    for name, indices in CASES.items():
        metric = SpanF1Metric()
        metric.process(None, list(map(sample, indices[rank])))
        try:
            results[name] = metric.evaluate(5)
        except InputError as error:
            results[name] = str(error)
    (folder / f'{rank}.json').write_text(json.dumps(results))
    distributed.destroy_process_group()


@pytest.fixture(scope='module')
def two_ranks(tmp_path_factory):
    """Results of two gloo processes, by rank and case."""
    folder = tmp_path_factory.mktemp('ranks')
    fork_ranks(evaluate_cases, folder)
    return [json.loads((folder / f'{rank}.json').read_text()) for rank in range(2)]


def one_process():
    metric = SpanF1Metric()
    for index in range(5):
        metric.process(None, [sample(index)])
    return metric.evaluate(5)


def test_values():
    # a: 0 and 3, b: 1 and 4, all found; c: 2, found as b
    third = 2 / 3
    assert next(iter(one_process())) == 'span/f1', "that of save_best='auto'"
    assert one_process() == pytest.approx({
        'span/precision': 0.8, 'span/recall': 0.8, 'span/f1': 0.8,
        'span/correct': 4, 'span/predicted': 5, 'span/gold': 5,
        'span/a/precision': 1, 'span/a/recall': 1, 'span/a/f1': 1,
        'span/b/precision': third, 'span/b/recall': 1, 'span/b/f1': 0.8,
        'span/c/precision': 0, 'span/c/recall': 0, 'span/c/f1': 0})


@pytest.mark.parametrize('case', ['uneven', 'doubled', 'blocks', 'one rank'])
def test_two_ranks_equal_one_process(two_ranks, case):
    assert two_ranks[0][case] == two_ranks[1][case] == one_process()


@pytest.mark.parametrize(('case', 'count'), [('lost', 4), ('too many', 6)])
def test_wrong_number_of_samples_raises_on_every_rank(two_ranks, case, count):
    for results in two_ranks:
        assert f'{count} different samples were evaluated, the dataset has 5' in results[case]


def test_evaluate_starts_afresh():
    metric = SpanF1Metric()
    metric.process(None, [sample(0)])
    assert metric.evaluate(1)['span/gold'] == 1
    metric.process(None, [sample(1), sample(2)])
    assert metric.evaluate(2)['span/gold'] == 2


def test_style_and_prefix_from_config():
    metric = METRICS.build({'type': 'SpanF1Metric', 'style': 'mmocr', 'prefix': 'dev'})
    metric.process(None, [NERDataSample(0, 'xx', [Entity('a', 0, 2)], predicted=[Entity('a', 0, 2)] * 2)])
    result = metric.evaluate(1)
    assert (result['dev/correct'], result['dev/predicted'], result['dev/gold']) == (2, 2, 1)


def test_unknown_style():
    with pytest.raises(InputError, match="style='exact' is unknown; choose one of mmocr, strict"):
        SpanF1Metric(style='exact')


def test_logged_table(monkeypatch):
    messages = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', messages.append)
    monkeypatch.setenv('FORCE_COLOR', '1')
    metric = SpanF1Metric()
    metric.process(None, [NERDataSample(0, 'x' * 9, [Entity('[red]', 0, 2), Entity('b', 3, 4)],
                                        predicted=[Entity('[red]', 0, 2)])])
    metric.evaluate(1)
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in messages[0].strip().splitlines()]
    assert rows[0] == ['category', 'P', 'R', 'F1', 'correct', 'predicted', 'gold']
    assert rows[2:] == [['[red]', '1.0000', '1.0000', '1.0000', '1', '1', '1'],
                        ['b', '0.0000', '0.0000', '0.0000', '0', '0', '1'],
                        ['all', '1.0000', '0.5000', '0.6667', '1', '1', '2']]
