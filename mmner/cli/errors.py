import functools
import os
import re
import sys
from collections.abc import Callable

from mmner.utils import InputError

# What torch makes of an error in a worker of a dataloader: a traceback with its words at the end.
FROM_WORKER = re.compile(r'Caught InputError in DataLoader worker process .*\n[\w.]*InputError: (.*)', re.DOTALL)


def one_line_errors(main: Callable[..., int]) -> Callable[..., int]:
    """Turn a user's mistake, or what the system refuses, into one line on stderr and exit status 1, Ctrl-C into 130.

    A reader of stdout that leaves early, such as `head`, ends the command in silence: with 141, as if SIGPIPE had
    killed it, or with the command's own status where all but the last of its output was done.
    What stdout cannot hold, such as a lone surrogate, is printed as its escape.
    With the environment variable MMNER_TRACEBACK=1 the exception passes through, for whoever looks for its cause.
    """

    @functools.wraps(main)
    def wrapper(*args, **kwargs) -> int:
        if hasattr(sys.stdout, 'reconfigure'):      # not where there is none, or a notebook's
            sys.stdout.reconfigure(errors='backslashreplace')
        try:
            status = main(*args, **kwargs)
        except (InputError, OSError, KeyboardInterrupt) as error:
            if isinstance(error, BrokenPipeError) and not error.filename:
                if flush_stdout('\n'):      # it was another pipe
                    raise
                return 141
            if os.environ.get('MMNER_TRACEBACK') == '1':
                raise
            complain(error)
            status = 130 if isinstance(error, KeyboardInterrupt) else 1
        try:
            flush_stdout()
        except OSError as error:
            drop_stdout()
            if not status:      # else something was said already
                complain(error)
                status = 1
        return status

    return wrapper


def flush_stdout(last: str = '') -> bool:
    """Write what stdout still holds, and `last`; False: its reader has left, and the rest goes nowhere."""
    try:
        print(end=last, flush=True)     # in a process without stdout, too
    except BrokenPipeError:
        drop_stdout()
        return False
    return True


def drop_stdout() -> None:
    """What stdout still holds goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(error: BaseException) -> None:
    if sys.stderr:      # without it `print` would take stdout
        print(f'error: {line_of(error)}', file=sys.stderr)


def line_of(error: BaseException) -> str:
    """What is said of an error."""
    if isinstance(error, KeyboardInterrupt):
        return 'interrupted'
    if isinstance(error, OSError) and error.strerror:
        name = f'{error.filename}: ' if error.filename else ''
        return f'{name}{error.strerror}; give another path, or see to its permissions and to room on the disk'
    from_worker = FROM_WORKER.fullmatch(str(error))
    return ' '.join((from_worker[1] if from_worker else str(error)).splitlines())
