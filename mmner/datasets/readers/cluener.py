import json
from pathlib import Path

from mmner.datasets.readers.base import BaseReader, read_lines
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.utils import InputError


@READERS.register_module()
class CLUENERReader(BaseReader):
    """CLUENER2020: JSON lines `{"text": ..., "label": {category: {string: [[start, inclusive end], ...]}}}`.

    A line without "label" (the official test set) is a text without gold. A string that differs from the text at its
    span is counted in `report`; the span is kept.

    Source: https://arxiv.org/abs/2001.04351
    """

    def __call__(self, file: str | Path) -> list[dict]:
        records = []
        for number, line in read_lines(file):
            where = f'{file}:{number}'
            record = parse_json(line, where)
            if not isinstance(record, dict) or not isinstance(record.get('text'), str):
                raise InputError(f'{where}: expected an object with a string "text", found {line[:40]!r}')
            entities = self.entities(record['text'], record.get('label', {}), where)
            records.append(dict(text=record['text'], entities=entities, line=number))
        return records

    def entities(self, text: str, label: dict, where: str) -> list[Entity]:
        """The spans of one line as entities, in the order of the file."""
        try:
            spans = [(category, string, *span) for category, strings in label.items()
                     for string, places in strings.items() for span in places]
            found = [(Entity(category, start, last + 1), string) for category, string, start, last in spans]
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError(f'{where}: "label" must be {{category: {{string: [[start, inclusive end], ...]}}}}, '
                             f'found {json.dumps(label, ensure_ascii=False)[:60]}') from error
        for entity, string in found:
            if not 0 <= entity.start < entity.end <= len(text):
                raise InputError(f'{where}: {entity.label} {string!r} at [{entity.start}, {entity.end - 1}] does not '
                                 f'fit a text of {len(text)} characters; ends are inclusive, so the last is '
                                 f'{len(text) - 1}')
            if text[entity.start:entity.end] != string:
                self.report.add('string differs from the text at its span (the span is kept)',
                                f'{where}: {string!r} / {text[entity.start:entity.end]!r}')
        return [entity for entity, _ in found]


def parse_json(line: str, where: str):
    """Parse one line of JSON; a mistake in it names the place."""
    try:
        return json.loads(line)
    except ValueError as error:
        raise InputError(f'{where}: not valid JSON ({error}); correct or delete this line') from error
