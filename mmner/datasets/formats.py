"""The annotation formats by name: how each is read, and how it is written."""
import inspect
from collections.abc import Callable

from mmner.datasets.readers import CLUENERReader, CMeEEReader, ConllReader, JsonLinesReader
from mmner.datasets.writers import CLUENERWriter, CMeEEWriter, ConllWriter, JsonLinesWriter
from mmner.utils import InputError

READERS = dict(cluener=CLUENERReader, cmeee=CMeEEReader, conll=ConllReader, jsonl=JsonLinesReader)
WRITERS = dict(cluener=CLUENERWriter, cmeee=CMeEEWriter, conll=ConllWriter, jsonl=JsonLinesWriter)


def with_options(chosen: Callable, options: dict):
    """A reader or writer with the arguments given by a user.

    Raises:
        InputError: It has no such argument.
    """
    known = inspect.signature(chosen).parameters
    unknown = [name for name in options if name not in known]
    if unknown:
        raise InputError(f'{chosen.__name__} has no option {unknown[0]!r}; it has {", ".join(known)}')
    return chosen(**options)
