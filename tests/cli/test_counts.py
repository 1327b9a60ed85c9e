import pytest

from mmner.cli.main import main


@pytest.mark.parametrize(('command', 'option'), [
    ('show_predictions', '--first'), ('browse_dataset', '--first'), ('find_label_errors', '--first'),
    ('check_dataset', '--show')])
def test_a_count_below_zero_is_refused(command, option, capsys):
    with pytest.raises(SystemExit, match='2'):
        main([command, 'file', option, '-1'])
    assert f"argument {option}: '-1' is no count; give a whole number, 0 or more" in capsys.readouterr().err
