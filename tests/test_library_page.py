"""The page on mmner as a library: its code, run."""
import re

import pytest

from mmner.apis import NERInferencer
from mmner.visualization import Rendering
from tests.runs import ROOT

LINES = ('{"text": "他走了。", "entities": []}\n'
         '{"text": "王伟在北京大学", "entities": [{"label": "name", "start": 0, "end": 2, "score": 0.5}]}\n')


@pytest.fixture
def blocks(tmp_path, monkeypatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'annotated.jsonl').write_text(LINES, encoding='utf8')
    return re.findall(r'^```python\n(.*?)^```', (ROOT / 'docs/library.md').read_text(encoding='utf8'), re.M | re.S)


def test_every_block(blocks, tmp_path, small_model, capsys):
    names = dict(inferencer=NERInferencer(small_model))
    for block in blocks:
        exec(block, names)
    printed, rates = capsys.readouterr().out.splitlines()
    assert f'# {printed}' in blocks[0]
    written = (tmp_path / 'annotated.conll').read_text(encoding='utf8')
    assert written.startswith('他\tO\n走\tO\n了\tO\n。\tO\n\n王\tB-name\n')
    assert len(rates.split()) == 3 and all(0 <= float(rate) <= 1 for rate in rates.split())
    prediction = names['inferencer']('王伟在北京大学')
    assert '王伟' in Rendering(prediction.text, prediction.entities)._repr_html_()
