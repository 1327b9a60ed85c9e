"""What a few corpora need before a reader takes them."""
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from mmner.datasets.readers.base import read_whole
from mmner.datasets.writers import JsonLinesWriter
from mmner.structures import Entity
from mmner.utils import InputError

SEGMENTED = re.compile('^([^\t])[0-9]+(?=\t)')
SUBTYPE = re.compile('G#(DNA|RNA|protein|cell_type|cell_line)(_[A-Za-z_/]+)?')


def without_segmentation(folder: Path) -> list[str]:
    """Take the place in its word off every character, as `小0` has it, in the columns of Weibo NER; count them."""
    notes = []
    for file in sorted(folder.iterdir()):
        lines, count = read_whole(file).split('\n'), 0
        for number, line in enumerate(lines):
            lines[number], found = SEGMENTED.subn(r'\1', line)
            count += found
        file.write_bytes('\n'.join(lines).encode())
        notes.append(f'{file.name}: {count} characters freed of segmentation digits')
    return notes


def split_genia(folder: Path) -> list[str]:
    """GENIAcorpus3.02.merged.xml as train, dev and test in JSON lines: 81, 9 and 10 % of the sentences in their order.

    Words are the `<w>` elements, entities the `<cons>` of one class below DNA, RNA, protein, cell_type or cell_line,
    which are the five categories; the same span of the same category counts once. Terms of several classes
    (coordinations such as `(AND G#protein_molecule G#protein_molecule)`) are left out and counted, as is the part of
    such a term that has no class of its own; terms of the other classes are none of the five categories.

    Sources: https://aclanthology.org/D09-1015/ (categories, the last tenth for test),
    https://aclanthology.org/D15-1102/ (a tenth of the rest for dev).
    """
    file, left_out = folder / 'GENIAcorpus3.02.merged.xml', Counter()
    try:
        root = ElementTree.parse(file).getroot()
    except ElementTree.ParseError as error:
        raise InputError(f'{file}:{error.position[0]}: not valid XML ({error}); the file is damaged') from error
    records = [genia_record(sentence, left_out) for sentence in root.iter('sentence')]
    records = [record for record in records if record['text']]
    ends = [0, *(-(-len(records) * percent // 100) for percent in (81, 90, 100))]
    for part, (start, end) in zip(('train', 'dev', 'test'), pairwise(ends), strict=True):
        JsonLinesWriter()(records[start:end], folder / f'{part}.jsonl')
    return [f'{count} terms of {kind} left out' for kind, count in left_out.items()]


def genia_record(sentence: ElementTree.Element, left_out: Counter) -> dict:
    """Text, words and entities of a sentence; counts in `left_out`."""
    text, words, entities = '', [], []
    for kind, element, piece in walk(sentence):
        if kind == 'text':
            text += re.sub(r'\s+', ' ', piece) if text else piece.lstrip()
        elif kind == 'open':
            element.set('start', len(text))
        elif element.get('start') < len(text):
            start, end = element.get('start'), len(text)
            if element.tag == 'w':
                words.append([start, end])
            elif match := SUBTYPE.fullmatch(element.get('sem', '')):
                entities.append(Entity(match[1], start, end))
            elif element.tag == 'cons' and not element.get('sem', '').startswith('G#'):
                left_out['several classes' if 'sem' in element.attrib else 'no class'] += 1
    entities = sorted(set(entities), key=lambda entity: (entity.start, -entity.end, entity.label))
    return dict(text=text.rstrip(), unit_offsets=words, entities=entities)


def walk(element: ElementTree.Element) -> Iterator[tuple[str, ElementTree.Element, str]]:
    """Yield ('open' or 'close', element, '') and ('text', element, piece) in the order of the file."""
    yield 'open', element, ''
    yield 'text', element, element.text or ''
    for child in element:
        yield from walk(child)
        yield 'text', element, child.tail or ''
    yield 'close', element, ''
