import pytest

from mmner.cli.main import main


@pytest.mark.parametrize(('command', 'option'), [
    ('show_predictions', '--first'), ('browse_dataset', '--first'), ('find_label_errors', '--first'),
    ('check_dataset', '--show')])
def test_a_count_below_zero_is_refused(command, option, capsys):
    with pytest.raises(SystemExit, match='2'):
        main([command, 'file', option, '-1'])
    assert f"argument {option}: '-1' is no count; give a whole number, 0 or more" in capsys.readouterr().err


@pytest.mark.parametrize(('option', 'value'), [
    ('--tolerance', '-1'), ('--tolerance', 'nan'), ('--int8-tolerance', 'x')])
def test_a_tolerance_is_a_number_that_something_can_exceed(option, value, capsys):
    with pytest.raises(SystemExit, match='2'):
        main(['export', 'model', 'out', option, value])
    assert f"argument {option}: '{value}' is no tolerance; give a number, 0 or more" in capsys.readouterr().err
