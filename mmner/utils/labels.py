"""Labels in messages, tables and lists."""
from collections.abc import Iterable


def shown_label(label: str) -> str:
    r"""The label; in quotes and with escapes such as `\n` where it is not plain."""
    return label if is_plain(label) else repr(label)


def shown_labels(labels: Iterable[str]) -> str:
    """A list of labels as a line of text."""
    return ', '.join(map(shown_label, labels))


def is_plain(label: str) -> bool:
    """Whether all of it is to be seen: no blank at its edge, no invisible character, no blank but U+0020."""
    return bool(label) and label.isprintable() and label == label.strip()
