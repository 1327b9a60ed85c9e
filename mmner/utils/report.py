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
        self.counts: Counter[str] = Counter()
        self.places: dict[str, list[str]] = defaultdict(list)

    def add(self, kind: str, place: str) -> None:
        """Record one finding, e.g. `add('overlapping entities', 'train.json:7: ...')`."""
        if self.strict:
            raise InputError(f'{place}: {kind}; correct the file, or leave out --strict (in Python: strict=True)')
        self.counts[kind] += 1
        if len(self.places[kind]) < self.keep:
            self.places[kind].append(place)

    def clear(self) -> None:
        """Count anew."""
        self.counts.clear()
        self.places.clear()

    def lines(self) -> list[str]:
        """One line for each kind of finding: its count and its first places."""
        return [f'{count} x {kind}' + (', e.g. ' + '; '.join(places) if (places := self.places[kind]) else '')
                for kind, count in self.counts.items()]
