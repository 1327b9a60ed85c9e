"""A pseudo-terminal in the place of stderr, for tests of what only a person at a terminal sees."""
import os
import pty
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def terminal_as_stderr(monkeypatch) -> Iterator[Callable[[], str]]:
    """Within the block sys.stderr writes to a real terminal; behind it the value says all that came there."""
    parent, child = pty.openpty()
    shown = []
    thread = threading.Thread(target=read_all, args=(parent, shown))
    thread.start()
    try:
        with monkeypatch.context() as patch, open(child, 'w', encoding='utf8') as terminal:
            patch.setattr(sys, 'stderr', terminal)
            patch.setenv('TERM', 'xterm')
            yield lambda: b''.join(shown).decode()
    finally:
        thread.join(10)
        os.close(parent)


def read_all(parent: int, shown: list[bytes]) -> None:
    """What comes there until the other end is closed, which Linux tells by an error."""
    try:
        while data := os.read(parent, 10_000):
            shown.append(data)
    except OSError:
        pass
