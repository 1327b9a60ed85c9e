from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar('T')


def buffered(items: Iterable[T], size: Callable[[T], int], max_size: int, max_items: int) -> Iterator[list[T]]:
    """Yield lists of successive items, each ended by the item that brings it to `max_size` or `max_items`.

    Where an item cannot be read, whatever is raised, those before it come first.
    """
    taken, total = [], 0
    try:
        for item in items:
            taken.append(item)
            total += size(item)
            if total >= max_size or len(taken) >= max_items:
                yield taken
                taken, total = [], 0
    except Exception:
        if taken:
            yield taken
        raise
    if taken:
        yield taken


def cut_by_length(items: Iterable[T], length: Callable[[T], int], max_tokens: int) -> Iterator[list[T]]:
    """Sort items, longest first, and cut them into batches.

    Number of items times the longest, which is what a padded attention takes, is at most `max_tokens`; a longer item
    is a batch of its own.
    """
    ordered = sorted(items, key=length, reverse=True)
    begin = 0
    while begin < len(ordered):
        end = begin + max(1, max_tokens // length(ordered[begin]))
        yield ordered[begin:end]
        begin = end
