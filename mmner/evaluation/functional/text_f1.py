from mmner.evaluation.functional.span_f1 import Counts
from mmner.structures import Entity


def text_counts(texts: list[str], gold: list[list[Entity]], predicted: list[list[Entity]]) -> dict[str, Counts]:
    """Counts by category, labels sorted, of different strings in each sentence; where they stand does not matter.

    CLUENER's official score is the mean of the F1 of its categories in these counts (`macro`).

    Source: https://github.com/CLUEbenchmark/CLUENER2020

    Args:
        texts (list[str]): The sentences.
        gold (list[list[Entity]]): The annotated entities of every sentence.
        predicted (list[list[Entity]]): The predicted entities of the same sentences.
    """
    counts: dict[str, list[int]] = {}
    for text, *both in zip(texts, gold, predicted, strict=True):
        wanted, found = ({(entity.label, text[entity.start:entity.end]) for entity in entities} for entities in both)
        for place, strings in enumerate((wanted & found, found, wanted)):
            for label, _ in strings:
                counts.setdefault(label, [0, 0, 0])[place] += 1
    return {label: Counts(*counts[label]) for label in sorted(counts)}
