"""CLUENER's train.json as if annotators had looked at half of each text: what does a partial annotation still teach?

    python benchmarks/hide_annotations.py data/cluener/train.json data/cluener_half

writes train.json, in which a stretch of half of the characters, wherever a seed puts it, is an entity of the label
unknown, and missing.json, in which nothing marks it: whoever reads that believes that no entity is there. An entity
that the stretch touches is hidden whole.
"""
import json
import random
import sys
from argparse import ArgumentParser
from pathlib import Path

from inputs import PREPARE, require

from mmner.cli.errors import one_line_errors


def hidden_stretch(text: str, entities: list[tuple[str, int, int]], draw: random.Random) -> tuple[int, int]:
    """First and last character of half of the text, and of the entities (label, first, last) that it touches."""
    width = max(len(text) // 2, 1)
    first = draw.randint(0, len(text) - width)
    last = first + width - 1
    touched = [entity for entity in entities if entity[1] <= last and entity[2] >= first]
    return min([first, *(begin for _, begin, _ in touched)]), max([last, *(end for _, _, end in touched)])


def to_line(text: str, entities: list[tuple[str, int, int]]) -> str:
    """In CLUENER's format."""
    labels = {}
    for label, first, last in entities:
        labels.setdefault(label, {}).setdefault(text[first:last + 1], []).append([first, last])
    return json.dumps(dict(text=text, label=labels), ensure_ascii=False) + '\n'


@one_line_errors
def main() -> int:
    parser = ArgumentParser(description='Hide half of the annotation of a training file.')
    parser.add_argument('source', type=Path, help='a file in the format of CLUENER')
    parser.add_argument('out', type=Path, help='folder to write')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    require(args.source, PREPARE)
    draw = random.Random(args.seed)
    marked, missing = [], []
    for line in args.source.read_text(encoding='utf8').rstrip('\n').split('\n'):
        sample = json.loads(line)
        text = sample['text']
        entities = [(label, first, last) for label, strings in sample['label'].items()
                    for places in strings.values() for first, last in places]
        first, last = hidden_stretch(text, entities, draw)
        seen = [entity for entity in entities if entity[2] < first or entity[1] > last]
        marked.append(to_line(text, [*seen, ('unknown', first, last)]))
        missing.append(to_line(text, seen))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / 'train.json').write_text(''.join(marked), encoding='utf8')
    (args.out / 'missing.json').write_text(''.join(missing), encoding='utf8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
