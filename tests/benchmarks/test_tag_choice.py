"""The comparison, with a small model."""
import json
import re

from tests.runs import ROOT, forked, forked_tool, run_script


def test_the_last_way_is_that_of_the_model(small_model, tmp_path):
    config, checkpoint, out = small_model / 'small.py', small_model / 'epoch_30.pth', tmp_path / 'tag_choice.json'
    done = forked(run_script, *map(str, (ROOT / 'benchmarks/tag_choice.py', config, checkpoint, '--out', out)),
                  folder=tmp_path)
    assert done.returncode == 0, done.stderr
    tested = forked_tool('test.py', config, checkpoint, '--work-dir', tmp_path, '--cfg-options',
                         'model.precision=bfloat16')
    (rates,) = json.loads(out.read_text())['results'].values()
    assert list(rates) == ['best_alone', 'without_orphans', 'most_probable_valid']
    for name, rate in rates['most_probable_valid'].items():
        assert float(re.search(rf'span/{name}: (\S+)', tested.stdout)[1]) == rate
    assert rates['without_orphans']['precision'] > rates['best_alone']['precision']
