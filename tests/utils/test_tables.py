from mmner.utils.tables import markdown_table


def test_control_characters_stay_in_their_cells():
    assert markdown_table(('a\tb', 'n\n'), [('\x1b[31mred\n\x85', '1')]).splitlines() == [
        '| a␉b        | n␊ |', '|------------|----|', '| ␛[31mred␊\ufffd |  1 |']
