from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Column, Table


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, width: int = 100) -> str:
    """A table as text of at most `width` columns without control codes, readable in a log file too.

    The first column is that of names, on the left; the others are numbers, on the right.
    """
    first, *others = header
    table = Table(Column(first, overflow='fold'), box=MARKDOWN)
    for name in others:
        table.add_column(name, justify='right', overflow='fold')
    for row in rows:
        table.add_row(*row)
    file = StringIO()
    Console(file=file, width=width, force_terminal=False, markup=False, emoji=False).print(table)
    return file.getvalue().strip()
