"""Words with tags, from dictionaries, and where they stand in a text."""
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from mmner.datasets.readers.base import decoded_lines, raw_lines
from mmner.structures.lexicon_features import sorted_tags
from mmner.utils import InputError

JIEBA = 'jieba'
UNTAGGED = 'word'       # the tag of a word that comes without one


class Lexicon:
    """The words of all sources together; a word that stands in several has the tags of all.

    Args:
        sources (Sequence[str]): 'jieba' for the dictionary of that package, with parts of speech; anything else is a
            UTF-8 file with a `word<TAB>tag` in each line, where a word alone has the tag 'word'.
        tags (Sequence[str]): The tags that a word may have.

    Attributes:
        files (list[str]): What was read.

    Raises:
        InputError: A source cannot be read, or a word has another tag.
    """

    def __init__(self, *, sources: Sequence[str], tags: Sequence[str]):
        known = {tag: number for number, tag in enumerate(sorted_tags(tags))}
        opened = open_sources(sources)
        self.files = [file for file, _ in opened]
        self._words: dict[str, tuple[int, ...]] = {}
        for file, rows in opened:
            self._add(rows, file, known)
        self._add_beginnings()

    def matches(self, text: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """Yield (start, end, numbers of its tags) of every substring that is a word, by start and end."""
        words, size = self._words, len(text)
        for start in range(size):
            end = start + 1
            while (tags := words.get(text[start:end])) is not None:
                if tags:
                    yield start, end, tags
                if end == size:
                    break
                end += 1

    def _add(self, rows: Iterator[tuple[int, str, str]], file: str, known: dict[str, int]) -> None:
        shared = {}         # equal tuples are kept once, as there are few
        for line, word, tag in rows:
            if tag not in known:
                raise InputError(f'{file}:{line}: {word!r} has the tag {tag!r}, which is none of {", ".join(known)}; '
                                 'correct the line, or add the tag to `tags` in the config and train again')
            tags = tuple(sorted({*self._words.get(word, ()), known[tag]}))
            self._words[word] = shared.setdefault(tags, tags)

    def _add_beginnings(self) -> None:
        """Let every beginning of a word stand in the table, without tags, so that `matches` knows where to go on."""
        for word in list(self._words):
            for end in range(len(word) - 1, 0, -1):
                if word[:end] in self._words:       # a word, whose turn comes, or a beginning, whose has been
                    break
                self._words[word[:end]] = ()


def open_sources(sources: Sequence[str]) -> list[tuple[str, Iterator[tuple[int, str, str]]]]:
    """The file of each source and the (line, word, tag) in it.

    Raises:
        InputError: There are none, or jieba is one and is not installed; a file is read, and refused, by the iterator.
    """
    if isinstance(sources, str) or not sources:
        raise InputError(f"sources={sources!r} is no list of dictionaries, such as ['jieba', 'words.txt']")
    return [(file := jieba_file(), jieba_rows(file)) if source == JIEBA else (source, user_rows(source))
            for source in sources]


def jieba_file() -> str:
    """The dictionary in the package jieba, which need not be imported for that.

    Raises:
        InputError: It is not installed.
    """
    spec = find_spec('jieba')
    if spec is None:
        raise InputError('jieba is not installed; its dictionary needs the extra lexicon: pip install jieba')
    return str(Path(spec.origin).with_name('dict.txt'))


def jieba_rows(file: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, word, part of speech) from lines `word frequency tag`; a word may hold a space."""
    for number, line in decoded_lines(raw_lines(file), file):
        word, _, tag = line.rsplit(' ', 2)
        yield number, word, tag


def user_rows(file: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, word, tag) from lines `word<TAB>tag` that are not blank.

    Raises:
        InputError: A line is not like that.
    """
    for number, line in decoded_lines(raw_lines(file), file):
        if line.strip():
            word, _, tag = map(str.strip, line.partition('\t'))
            if not word or '\t' in tag:
                raise InputError(f'{file}:{number}: not a word and its tag; write word<TAB>tag, or a word alone')
            yield number, word, tag or UNTAGGED
