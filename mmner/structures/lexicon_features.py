"""What a lexicon tells about a unit: its place in a word and the tag of that word, as one number."""
from collections.abc import Iterable, Sequence
from zlib import crc32

from mmner.utils import InputError

PLACES = BEGIN, MIDDLE, END, SINGLE = range(4)


def sorted_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags of a lexicon in the order of their numbers, the same in whatever order they are given.

    Raises:
        InputError: There is none, or one cannot name a weight of a model.
    """
    ordered = tuple(sorted(set(map(str, tags))))
    if not ordered or isinstance(tags, str):
        raise InputError(f'tags={tags!r}: a lexicon needs a list of tags; give the parts of speech and labels that its '
                         'words have')
    for tag in ordered:
        if not tag or '.' in tag or any(map(str.isspace, tag)):
            raise InputError(f'tag {tag!r} of a lexicon: a tag names a weight of the model, so it must have no dot and '
                             'no space; rename it')
    return ordered


def tags_key(tags: Sequence[str]) -> int:
    """A number by which to tell whether two parts know the same sorted tags, which give the features their numbers."""
    return crc32(' '.join(tags).encode('utf-8', 'surrogatepass'))


def feature_id(tag: int, place: int) -> int:
    """The number of a place in words of the tag with this number."""
    return tag * len(PLACES) + place


def word_features(num_units: int, tags: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of a unit of a word, from 0, and what the word tells about it."""
    places = [BEGIN, *[MIDDLE] * (num_units - 2), END] if num_units > 1 else [SINGLE]
    return [(unit, feature_id(tag, place)) for unit, place in enumerate(places) for tag in tags]
