import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar('T')
PATIENCE = 2.0      # seconds after which a bar appears
PAUSE = 0.1         # seconds between two counts in it


def with_progress(items: Iterable[T], sink: TextIO | None = None, *, unit: str = 'texts') -> Iterator[T]:
    """The items, counted on stderr when they take long; not where that is no terminal or the sink is one itself."""
    if sys.stderr is None or not sys.stderr.isatty() or (sink and sink.isatty()):
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    bar = Progress(SpinnerColumn(), TextColumn(f'{{task.completed}} {unit}'), TimeElapsedColumn(),
                   TextColumn('{task.fields[rate]}'), console=Console(stderr=True), transient=True,
                   redirect_stdout=False, redirect_stderr=False)
    task = bar.add_task('', total=None, rate='')
    begin = shown = time.perf_counter()
    try:
        for count, item in enumerate(items, 1):
            now = time.perf_counter()
            if now - begin > PATIENCE and now - shown > PAUSE:
                bar.start()     # again and again does no harm
                bar.update(task, completed=count, rate=f'{count / (now - begin):.1f}/s')
                shown = now
            yield item
    finally:
        bar.stop()
