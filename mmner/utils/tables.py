from collections.abc import Iterable, Sequence
from io import StringIO
from typing import NamedTuple

from mmner.utils.pictures import PICTURES

IN_A_LINE = PICTURES | {ord('\n'): '␊', ord('|'): r'\|'}


class Table(NamedTuple):
    """What stands in a table, as text; the first column is that of names."""
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, width: int = 100) -> str:
    r"""A table as text of at most `width` columns, readable in a log file too.

    Control characters become pictures, `|` becomes `\|`.

    The first column is that of names, on the left; the others are numbers, on the right.
    """
    from rich import box, table  # loads only where a table is shown
    from rich.console import Console
    first, *others = (name.translate(IN_A_LINE) for name in header)
    grid = table.Table(table.Column(first, overflow='fold'), box=box.MARKDOWN)
    for name in others:
        grid.add_column(name, justify='right', overflow='fold')
    for row in rows:
        grid.add_row(*(cell.translate(IN_A_LINE) for cell in row))
    file = StringIO()
    Console(file=file, width=width, force_terminal=False, markup=False, emoji=False).print(grid)
    return file.getvalue().strip()
