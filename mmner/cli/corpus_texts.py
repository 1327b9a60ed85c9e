import re
from collections.abc import Sequence
from pathlib import Path

from mmner.datasets.readers.text import TextReader, is_json
from mmner.tokenizers.base import LONE_SURROGATE
from mmner.utils import InputError

TAG_AT_END = re.compile('[ \t](O|[BISMEUL]-\\S+)[ \t]*$')


def read_corpus_texts(file: Path) -> list[str]:
    """The texts of a file, as `TextReader` reads them, with U+FFFD for lone surrogates.

    Raises:
        InputError: The file cannot be read, holds no text, or looks like the columns of an annotated corpus.
    """
    texts = [LONE_SURROGATE.sub('\ufffd', record['text']) for record in TextReader()(file) if record['text'].strip()]
    if not texts:
        raise InputError(f'{file}: holds no text; give JSON lines with a "text" or plain text, one text a line')
    if not is_json(file) and are_columns(texts):
        raise InputError(f'{file}: looks like columns with a tag at the end; give the config that reads it '
                         '(--corpus CONFIG.py), or its texts as JSON lines with a "text"')
    return texts


def are_columns(lines: Sequence[str]) -> bool:
    """Do most lines end in a tag, some in O and some in another? Few texts do, not even lists of vitamins."""
    tags = [match[1] for match in map(TAG_AT_END.search, lines) if match]
    return len(tags) > len(lines) / 2 and 'O' in tags and {*tags} != {'O'}
