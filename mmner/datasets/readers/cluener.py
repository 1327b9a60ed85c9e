from collections.abc import Iterator
from pathlib import Path

from mmner.datasets.readers.base import BaseReader, parse_json, read_lines
from mmner.datasets.readers.json_values import checked_text, known_id
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.utils import InputError


@READERS.register_module()
class CLUENERReader(BaseReader):
    """CLUENER2020: JSON lines `{"text": ..., "label": {category: {string: [[start, inclusive end], ...]}}}`.

    A line may have an "id". One without "label" (the official test set) is a text without gold. Such lines are counted
    in `report`; so are strings that differ from the text at their span, which is kept, and strings without a span,
    which are dropped.

    Source: https://arxiv.org/abs/2001.04351
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for number, line in read_lines(file):
            where = f'{file}:{number}'
            record = parse_json(line, where)
            text = checked_text(record, where)
            if 'label' not in record:
                self.report.add('line without "label" (a text without gold)', where)
            entities = self.entities(text, record.get('label', {}), where)
            yield dict(text=text, entities=entities, line=number) | known_id(record, where)

    def entities(self, text: str, label: dict, where: str) -> list[Entity]:
        """The spans of one line as entities, in the order of the file."""
        entities = []
        try:
            for category, strings in label.items():
                for string, places in strings.items():
                    if not check_places(places):
                        self.report.add('string without a span (dropped)', f'{where}: {category!r:.60} {string!r:.60}')
                    for start, last in places:
                        if text[start:last + 1] != string or not 0 <= start <= last < len(text):
                            self._check(category, start, last + 1, string, text, where)
                        entities.append(Entity(category, start, last + 1))
        except (AttributeError, TypeError) as error:
            raise InputError(f'{where}: "label" must be {{category: {{string: [[start, inclusive end], ...]}}}} with '
                             f'whole numbers, found {label!r:.60}') from error
        return entities

    def _check(self, label: str, start: int, end: int, string: str, text: str, where: str) -> None:
        """Refuse a span outside the text; count one that holds another string than given."""
        if not 0 <= start < end <= len(text):
            raise InputError(f'{where}: {label!r:.60} {string!r:.60} at [{start}, {end - 1}] does not fit a '
                             f'text of {len(text)} characters; offsets begin with 0 and ends are inclusive')
        self.report.add('string differs from the text at its span (the span is kept)',
                        f'{where}: {string!r:.60} / {text[start:end]!r:.60}')


def check_places(places: list) -> list:
    """`places` itself; TypeError unless it is [[int, int], ...], where true and false are no numbers."""
    if type(places) is list:
        for span in places:
            if type(span) is not list or len(span) != 2 or type(span[0]) is not int or type(span[1]) is not int:
                raise TypeError
        return places
    raise TypeError
