import pytest

from mmner.utils.labels import is_plain, shown_label, shown_labels


@pytest.mark.parametrize(('label', 'expected'), [
    ('当事人 甲', '当事人 甲'), (r'a\nb', r'a\nb'), ('a\nb', r"'a\nb'"), ('A ', "'A '"), ('PER\u200b', r"'PER\u200b'"),
    ('a\u3000b', r"'a\u3000b'"), ('', "''")])
def test_what_is_shown_is_what_is_there(label, expected):
    assert shown_label(label) == expected and is_plain(label) == (expected == label)


def test_a_list():
    assert shown_labels(['b', 'A ', 'A']) == "b, 'A ', A"
