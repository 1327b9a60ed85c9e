from mmner.utils.tables import markdown_table


def test_control_characters_stay_in_their_cells():
    assert markdown_table(('a\tb', 'n\n'), [('\x1b[31mred\n\x85', '1')]).splitlines() == [
        '| a␉b        | n␊ |', '|------------|----|', '| ␛[31mred␊\ufffd |  1 |']


def test_a_stroke_ends_no_cell():
    assert markdown_table(('a|b', 'n'), [('per|son', '1')]).splitlines() == [
        r'| a\|b     | n |', '|----------|---|', r'| per\|son | 1 |']
