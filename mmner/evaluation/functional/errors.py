"""What kinds of errors there are, and where they are."""
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from mmner.evaluation.functional.span_f1 import Counts
from mmner.structures import Entity
from mmner.structures.entity import neighbour_finder, shared_characters

KINDS = ('correct', 'boundary', 'type', 'boundary and type', 'missed', 'spurious')
Pair = tuple[Entity | None, Entity | None]
Bucket = Callable[[str, Entity], Hashable]


def paired_entities(gold: list[Entity], predicted: list[Entity]) -> Iterator[Pair]:
    """Each gold entity of a sentence with the predicted one that means it, None where there is none, and the reverse.

    Pairs share a character and each entity is in one. Those of the same borders come first, then those of the same
    label, then those that share more; what is named twice counts once.
    """
    wanted, found = (dict(sorted({entity.span: entity for entity in entities}.items()))
                     for entities in (gold, predicted))
    pairs = overlapping(list(wanted.values()), list(found.values()))
    for left, right in sorted(pairs, key=lambda pair: closeness(*pair), reverse=True):
        if left.span in wanted and right.span in found:
            del wanted[left.span], found[right.span]
            yield left, right
    yield from ((left, None) for left in wanted.values())
    yield from ((None, right) for right in found.values())


def overlapping(gold: list[Entity], predicted: list[Entity]) -> Iterator[tuple[Entity, Entity]]:
    """The pairs that share a character, in the order of the lists."""
    near = neighbour_finder(predicted)
    for left in gold:
        yield from ((left, predicted[place]) for place in near(left) if shared_characters(left, predicted[place]))


def closeness(gold: Entity, predicted: Entity) -> tuple[bool, bool, int]:
    return (gold.span[1:] == predicted.span[1:], gold.label == predicted.label,
            shared_characters(gold, predicted))


def kind_of_error(gold: Entity | None, predicted: Entity | None) -> str:
    """One of KINDS for a pair of `paired_entities`."""
    if predicted is None:
        return 'missed'
    if gold is None:
        return 'spurious'
    wrong = [name for name, place in (('boundary', slice(1, None)), ('type', slice(1)))
             if gold.span[place] != predicted.span[place]]
    return ' and '.join(wrong) or 'correct'


def confusion_matrix(pairs: Iterable[Pair], categories: Sequence[str]) -> list[list[int]]:
    """(K + 1, K + 1): how often an entity of the row's category was predicted as the column's; the last is none."""
    counts = Counter((gold and gold.label, predicted and predicted.label) for gold, predicted in pairs)
    names = (*categories, None)
    return [[counts[gold, predicted] for predicted in names] for gold in names]


def counts_by(bucket: Bucket, texts: Iterable[str], gold: list[list[Entity]],
              predicted: list[list[Entity]]) -> dict[Hashable, Counts]:
    """Counts as `strict_counts` has them, by what `bucket` says of a text and an entity in it, sorted.

    A correct entity is in one bucket as gold and as predicted, so that precision and recall of a bucket make sense.
    """
    counts: dict[Hashable, list[int]] = {}
    for text, wanted, found in zip(texts, gold, predicted, strict=True):
        wanted, found = ({entity.span: entity for entity in entities} for entities in (wanted, found))
        for place, spans in enumerate((wanted.keys() & found.keys(), found, wanted)):
            for span in spans:
                name = bucket(text, wanted[span] if span in wanted else found[span])
                counts.setdefault(name, [0, 0, 0])[place] += 1
    return {name: Counts(*counts[name]) for name in sorted(counts)}


def labels_by_surface(texts: Iterable[str], entities: Iterable[list[Entity]]) -> dict[str, set[str]]:
    """The labels with which each string is annotated in a training set."""
    labels: dict[str, set[str]] = {}
    for text, row in zip(texts, entities, strict=True):
        for entity in row:
            labels.setdefault(entity.string(text), set()).add(entity.label)
    return labels


def familiarity(labels: dict[str, set[str]]) -> Bucket:
    """Whether training has seen the string of an entity: 'seen', 'seen with another label', or 'unseen'."""
    def bucket(text: str, entity: Entity) -> str:
        known = labels.get(entity.string(text))
        return 'unseen' if known is None else 'seen' if entity.label in known else 'seen with another label'
    return bucket


def in_ranges(borders: Sequence[int], length: Callable[[str, Entity], int]) -> Bucket:
    """In which range a length lies: with borders (1, 3, 8) one of (1, 2), (3, 7) and (8, None)."""
    def bucket(text: str, entity: Entity) -> tuple[int, int | None]:
        size = length(text, entity)
        return next(((low, high - 1) for low, high in zip(borders, borders[1:], strict=False) if size < high),
                    (borders[-1], None))
    return bucket
