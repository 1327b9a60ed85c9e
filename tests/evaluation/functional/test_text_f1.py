from mmner.evaluation.functional import macro, text_counts
from mmner.structures import Entity


def test_by_hand():
    """A string counts once in a sentence, wherever it stands; each category weighs the same."""
    texts = ['ab ab cd', 'ab']
    gold = [[Entity('x', 0, 2), Entity('x', 3, 5), Entity('y', 6, 8)], [Entity('y', 0, 2)]]
    found = [[Entity('x', 3, 5), Entity('x', 6, 8)], [Entity('y', 0, 2), Entity('y', 0, 1)]]
    counts = text_counts(texts, gold, found)
    assert counts == dict(x=(1, 2, 1), y=(1, 2, 2))
    assert macro(counts) == ((1 / 2 + 1 / 2) / 2, (1 + 1 / 2) / 2, (2 / 3 + 1 / 2) / 2)
    assert macro({}) == (0, 0, 0)


def test_a_discontinuous_entity_is_not_the_whole_stretch():
    apart, whole = Entity('x', 0, 5, None, ((0, 1), (4, 5))), Entity('x', 0, 5)
    assert text_counts(['a b c'], [[apart]], [[whole]]) == dict(x=(0, 1, 1))
    assert text_counts(['a b c'], [[apart]], [[apart]]) == dict(x=(1, 1, 1))


def test_equals_the_official_program(shared):
    """Written anew after CLUENER2020's: for each label the keys of its dict, sentence by sentence."""
    import json
    from random import Random

    from mmner.datasets import CLUENERReader
    random, file = Random(0), shared / 'data/cluener/dev.json'
    gold = [json.loads(line)['label'] for line in file.read_text(encoding='utf8').splitlines()]
    records = list(CLUENERReader()(file))
    entities = [record['entities'] for record in records]
    found = [[entity if random.random() < 0.8 else entity._replace(label='name') for entity in row
              if random.random() < 0.9] for row in entities]
    total = 0
    labels = sorted({label for line in gold for label in line})
    for label in labels:
        correct = wrong = missed = 0
        for record, line, row in zip(records, gold, found, strict=True):
            strings = {record['text'][entity.start:entity.end] for entity in row if entity.label == label}
            wanted = line.get(label, {}).keys()
            correct += len(strings & wanted)
            wrong += len(strings - wanted)
            missed += len(wanted - strings)
        precision, recall = correct / (correct + wrong), correct / (correct + missed)
        total += 2 * precision * recall / (precision + recall)
    counts = text_counts([record['text'] for record in records], entities, found)
    assert macro(counts).f1 == total / len(labels) and 0.7 < total / len(labels) < 0.95
