"""What kinds of errors there are, and where they are."""
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from mmner.evaluation.functional.span_f1 import Counts
from mmner.structures import Entity

KINDS = ('correct', 'boundary', 'type', 'boundary and type', 'missed', 'spurious')
Pair = tuple[Entity | None, Entity | None]
Bucket = Callable[[str, Entity], Hashable]


def paired_entities(gold: list[Entity], predicted: list[Entity]) -> Iterator[Pair]:
    """Each gold entity of a sentence with the predicted one that means it, None where there is none, and the reverse.

    Pairs share a character and each entity is in one. Those of the same borders come first, then those of the same
    label, then those that share more; what is named twice counts once.
    """
    wanted, found = (sorted({entity.span: entity for entity in entities}.values(), key=lambda entity: entity.span)
                     for entities in (gold, predicted))
    overlapping = [(left, right) for left in wanted for right in found if share_a_character(left, right)]
    for left, right in sorted(overlapping, key=lambda pair: closeness(*pair), reverse=True):
        if left in wanted and right in found:
            wanted.remove(left)
            found.remove(right)
            yield left, right
    yield from ((left, None) for left in wanted)
    yield from ((None, right) for right in found)


def share_a_character(left: Entity, right: Entity) -> bool:
    return left.start < right.end and right.start < left.end and any(
        start < other_end and other_start < end
        for start, end in left.stretches for other_start, other_end in right.stretches)


def closeness(gold: Entity, predicted: Entity) -> tuple[bool, bool, int]:
    return (gold.span[1:] == predicted.span[1:], gold.label == predicted.label,
            sum(max(0, min(end, other_end) - max(start, other_start))
                for start, end in gold.stretches for other_start, other_end in predicted.stretches))


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
            labels.setdefault(text[entity.start:entity.end], set()).add(entity.label)
    return labels


def familiarity(labels: dict[str, set[str]]) -> Bucket:
    """Whether training has seen the string of an entity: 'seen', 'seen with another label', or 'unseen'."""
    def bucket(text: str, entity: Entity) -> str:
        known = labels.get(text[entity.start:entity.end])
        return 'unseen' if known is None else 'seen' if entity.label in known else 'seen with another label'
    return bucket


def in_ranges(borders: Sequence[int], length: Callable[[str, Entity], int]) -> Bucket:
    """In which range a length lies: with borders (1, 3, 8) one of (1, 2), (3, 7) and (8, None)."""
    def bucket(text: str, entity: Entity) -> tuple[int, int | None]:
        size = length(text, entity)
        return next(((low, high - 1) for low, high in zip(borders, borders[1:], strict=False) if size < high),
                    (borders[-1], None))
    return bucket
