import functools
import os
import sys
from collections.abc import Callable

from mmner.utils import InputError


def one_line_errors(main: Callable[..., int]) -> Callable[..., int]:
    """Turn a user's mistake into one line on stderr and exit status 1, Ctrl-C into 130.

    With the environment variable MMNER_TRACEBACK=1 the exception passes through, for whoever looks for its cause.
    """

    @functools.wraps(main)
    def wrapper(*args, **kwargs) -> int:
        try:
            return main(*args, **kwargs)
        except (InputError, KeyboardInterrupt) as error:
            if os.environ.get('MMNER_TRACEBACK') == '1':
                raise
            interrupted = isinstance(error, KeyboardInterrupt)
            message = 'interrupted' if interrupted else ' '.join(str(error).splitlines())
            print(f'error: {message}', file=sys.stderr)
            return 130 if interrupted else 1

    return wrapper
