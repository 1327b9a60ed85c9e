import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar('T')
PATIENCE = 2.0      # seconds after which a bar appears


def with_progress(items: Iterable[T], sink: TextIO | None = None) -> Iterator[T]:
    """The items, counted on stderr when they take long; not where that is no terminal or the sink is one itself."""
    if not sys.stderr.isatty() or (sink and sink.isatty()):
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    bar = Progress(SpinnerColumn(), TextColumn('{task.completed} texts'), TimeElapsedColumn(),
                   TextColumn('{task.fields[rate]}'), console=Console(stderr=True), transient=True,
                   redirect_stdout=False, redirect_stderr=False)
    task = bar.add_task('', total=None, rate='')
    begin = time.perf_counter()
    try:
        for count, item in enumerate(items, 1):
            seconds = time.perf_counter() - begin
            if seconds > PATIENCE:
                bar.start()     # again and again does no harm
                bar.update(task, completed=count, rate=f'{count / seconds:.0f}/s')
            yield item
    finally:
        bar.stop()
