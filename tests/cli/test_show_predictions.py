import subprocess
import sys

from tests.runs import ROOT, forked_tool, tool


def test_sentences_with_their_entities(tmp_path):
    file = tmp_path / 'predictions.jsonl'
    file.write_text('{"text": "王伟在北京", "entities": [{"label": "name", "start": 0, "end": 2, "score": 0.9}]}\n'
                    '{"text": "a\\ud800", "entities": []}\n', encoding='utf8')
    done = tool('show_predictions.py', file)
    assert (done.returncode, done.stdout) == (0, '[王伟]name在北京\na\\ud800\n')
    assert forked_tool('show_predictions.py', file, '--first', 1).stdout == '[王伟]name在北京\n'


def test_a_reader_that_leaves_early_ends_it_in_silence(tmp_path):
    file = tmp_path / 'predictions.jsonl'
    file.write_text('{"text": "王伟在北京", "entities": []}\n' * 10_000, encoding='utf8')
    done = subprocess.run(['bash', '-c', f'"{sys.executable}" tools/show_predictions.py {file} | head -1; '
                                         'exit ${PIPESTATUS[0]}'], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (141, '王伟在北京\n', '')


def test_lines_without_predictions_are_counted(tmp_path):
    file = tmp_path / 'export.jsonl'
    file.write_text('{"text": "a", "entities": []}\n{"text": "b", "label": [[0, 1, "x"]]}\n', encoding='utf8')
    done = forked_tool('show_predictions.py', file)
    assert (done.returncode, done.stdout) == (
        0, f'a\nb\n{file}: 1 x line without "entities" (a text without gold; "label" looks like doccano\'s format), '
        f'e.g. {file}:2\n')
