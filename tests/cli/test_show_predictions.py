from tests.runs import forked_tool, tool


def test_sentences_with_their_entities(tmp_path):
    file = tmp_path / 'predictions.jsonl'
    file.write_text('{"text": "王伟在北京", "entities": [{"label": "name", "start": 0, "end": 2, "score": 0.9}]}\n'
                    '{"text": "a\\ud800", "entities": []}\n', encoding='utf8')
    done = tool('show_predictions.py', file)
    assert (done.returncode, done.stdout) == (0, '[王伟]name在北京\na\\ud800\n')
    assert forked_tool('show_predictions.py', file, '--first', 1).stdout == '[王伟]name在北京\n'


def test_a_line_that_is_no_prediction_is_named(tmp_path):
    file = tmp_path / 'predictions.jsonl'
    file.write_text('{"text": "a", "entities": []}\n{"text": "a", "label": {}}\n', encoding='utf8')
    done = forked_tool('show_predictions.py', file)
    assert done.returncode == 1 and done.stderr.startswith(f'error: {file}:2: line without "entities"')
