import json
import sys

from tests.runs import ROOT

sys.path.insert(0, str(ROOT / 'benchmarks'))
import hide_annotations  # noqa: E402

TEXT = '浙商银行的叶老桂认为'
LABEL = dict(company={'浙商银行': [[0, 3]]}, name={'叶老桂': [[5, 7]]})


def read(file) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding='utf8').splitlines()]


def test_half_of_each_text_is_unknown_and_what_it_touches_is_hidden(tmp_path, monkeypatch):
    lines = [dict(text=TEXT, label=LABEL), dict(text='好', label={})] * 20
    source = tmp_path / 'source.json'
    source.write_text(''.join(json.dumps(line) + '\n' for line in lines), encoding='utf8')
    monkeypatch.setattr(sys, 'argv', ['hide_annotations.py', str(source), str(tmp_path / 'half')])
    assert hide_annotations.main() == 0
    marked, missing = (read(tmp_path / 'half' / name) for name in ('train.json', 'missing.json'))
    drawn = set()
    for given, sample, unmarked in zip(lines, marked, missing, strict=True):
        ((string, ((first, last),)),) = sample['label'].pop('unknown').items()
        assert sample == unmarked and sample['text'] == given['text'] and string == given['text'][first:last + 1]
        assert last - first + 1 >= len(given['text']) // 2
        kept = {label for label, strings in given['label'].items() for places in strings.values()
                for begin, end in places if end < first or last < begin}
        assert set(sample['label']) == kept
        touched = set(given['label']) - kept
        assert all(first <= LABEL[label][string][0][0] and LABEL[label][string][0][1] <= last
                   for label in touched for string in LABEL[label])
        drawn.add((first, last))
    assert len(drawn) > 3


def test_a_file_that_is_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['hide_annotations.py', str(tmp_path / 'none.json'), str(tmp_path / 'half')])
    assert hide_annotations.main() == 1
    assert 'none.json: no such file or folder; run python tools/' in capsys.readouterr().err
    assert not (tmp_path / 'half').exists()
