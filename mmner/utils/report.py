from collections import Counter, defaultdict

from mmner.utils.errors import InputError


class Report:
    """Counts what was repaired or lost on the way of the data, and keeps the first few places of each kind.

    Args:
        strict (bool): Raise `InputError` at the first finding instead of counting it.
        keep (int): How many places of each kind to keep for the summary.
    """

    def __init__(self, *, strict: bool = False, keep: int = 3):
        self.strict = strict
        self.keep = keep
        self.clear()

    def add(self, kind: str, place: str) -> None:
        """Record one finding, e.g. `add('overlapping entities', 'train.json:7: ...')`."""
        if self.strict:
            raise InputError(f'{place}: {kind}; correct the file, or leave out --strict (in Python: strict=True)')
        self.counts[kind] += 1
        if len(self.places[kind]) < self.keep:
            self.places[kind].append(place)

    def clear(self) -> None:
        """Count anew."""
        self.counts: Counter[str] = Counter()
        self.places: dict[str, list[str]] = defaultdict(list)

    def lines(self) -> list[str]:
        """One line for each kind of finding: its count and its first places."""
        return lines_of(self.counts, self.places)

    def take(self) -> list[str]:
        """What `lines` gives, and count anew; what another thread adds meanwhile is for the next call."""
        counts, places = self.counts, self.places
        self.clear()
        return lines_of(counts, places)


def lines_of(counts: Counter[str], places: dict[str, list[str]]) -> list[str]:
    return [f'{count} x {kind}' + (', e.g. ' + '; '.join(shown) if (shown := places[kind]) else '')
            for kind, count in list(counts.items())]
