from mmner.evaluation.functional.span_f1 import Counts, counts_of_sets
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
    return counts_of_sets(*(({(entity.label, entity.string(text)) for entity in entities}
                             for text, entities in zip(texts, column, strict=True)) for column in (gold, predicted)))
