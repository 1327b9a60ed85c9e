"""Writes the sample corpus from its templates: seeded, the same bytes on every Python version."""
import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

from mmner.datasets.sample_corpus.gazetteers import FILLERS, GAZETTEERS, HELD_OUT
from mmner.datasets.sample_corpus.grammar import COMPOSITIONS
from mmner.datasets.sample_corpus.templates import ENDS, HELD_OUT_TEMPLATES, LEADS, TAILS, TEMPLATES
from mmner.datasets.writers.cluener import by_category
from mmner.utils import InputError

CATEGORIES = ('address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene')
SAMPLE_FOLDER = Path(__file__).parents[1] / 'sample'
SEED = 20240607
TRAIN_COUNT, DEV_COUNT = 3300, 500
MIN_LENGTH, MAX_LENGTH = 10, 60
LEAD_SHARE, TAIL_SHARE = 0.1, 0.1
SLOT = re.compile(r'\{(?P<kind>\w+)(?::(?P<symbol>\w+))?(?:#(?P<same>\d))?\}')

T = TypeVar('T')
Span = tuple[str, int, int]
Grammar = dict[str, list[str]]


class Sentence(NamedTuple):
    """A text and its entities `(category, start, end)`, half-open, in the order of the text."""
    text: str
    spans: list[Span]


def pick(rng: Random, items: Sequence[T]) -> T:
    """Draw one item; `random()` is the one draw that Python promises to repeat in every version."""
    return items[int(rng.random() * len(items))]


def build_grammar(*, hold_out: bool) -> Grammar:
    """Every symbol with what it may become; `hold_out` leaves out the words that only dev may use."""
    words = {symbol: text.split() for symbol, text in (GAZETTEERS | FILLERS).items()}
    if not hold_out:
        words |= {symbol: words[symbol] + text.split() for symbol, text in HELD_OUT.items()}
    return words | COMPOSITIONS


def build_themes(*, hold_out: bool) -> list[list[str]]:
    """The templates of each theme; `hold_out` leaves out the theme that only dev may use."""
    return [*TEMPLATES.values()] + ([] if hold_out else [HELD_OUT_TEMPLATES])


def expand(symbol: str, grammar: Grammar, rng: Random) -> str:
    """Draw a word or a composition of words for a symbol."""
    return SLOT.sub(lambda slot: expand(slot['kind'], grammar, rng), pick(rng, grammar[symbol]))


def expand_anew(symbol: str, grammar: Grammar, rng: Random, drawn: Collection[str]) -> str:
    """Draw until the words differ from those drawn before: no company buys itself."""
    while (words := expand(symbol, grammar, rng)) in drawn:
        pass
    return words


def fill(template: str, grammar: Grammar, rng: Random) -> Sentence:
    """Fill the slots of a template; those that carry the same `#` digit get the same words."""
    text, spans, drawn, done = '', [], {}, 0
    for slot in SLOT.finditer(template):
        text += template[done:slot.start()]
        done = slot.end()
        key = slot['kind'] + slot['same'] if slot['same'] else slot.start()
        if key not in drawn:
            drawn[key] = expand_anew(slot['symbol'] or slot['kind'], grammar, rng, drawn.values())
        if slot['kind'] in CATEGORIES:
            spans.append((slot['kind'], len(text), len(text) + len(drawn[key])))
        text += drawn[key]
    return Sentence(text + template[done:], spans)


def draw_template(themes: list[list[str]], rng: Random) -> str:
    """A template of a random theme, now and then with a clause before or behind it."""
    template = pick(rng, pick(rng, themes))
    if rng.random() < LEAD_SHARE:
        template = pick(rng, LEADS) + template
    if rng.random() < TAIL_SHARE:
        template += pick(rng, TAILS)
    return template + pick(rng, ENDS)


def draw_sentences(count: int, *, hold_out: bool, rng: Random, taken: set[str]) -> list[Sentence]:
    """Draw `count` sentences whose texts are not in `taken`, and add them to it."""
    grammar, themes = build_grammar(hold_out=hold_out), build_themes(hold_out=hold_out)
    sentences = []
    while len(sentences) < count:
        sentence = fill(draw_template(themes, rng), grammar, rng)
        if MIN_LENGTH <= len(sentence.text) <= MAX_LENGTH and sentence.text not in taken:
            taken.add(sentence.text)
            sentences.append(sentence)
    return sentences


def to_cluener(sentence: Sentence) -> str:
    """One line of CLUENER: categories in alphabetical order, strings in that of the text, inclusive ends."""
    label = by_category(sentence.text, sorted(sentence.spans))
    return json.dumps(dict(text=sentence.text, label=label), ensure_ascii=False)


def check_vocabulary(file: Path, sentences: list[Sentence]) -> None:
    """Hold the vocabulary against the sentences.

    Raises:
        InputError: The vocabulary lacks a character of the lower-cased corpus.
    """
    known = set(file.read_text(encoding='utf8').split('\n'))
    missing = sorted({character for sentence in sentences for character in sentence.text.lower()} - known)
    if missing:
        raise InputError(f'{file}: {len(missing)} characters of the sample corpus are missing; '
                         f'append each on a line of its own: {" ".join(missing)}')


def write_sample_corpus(folder: Path) -> list[Path]:
    """Write train.json and dev.json into an existing folder and return their paths.

    Raises:
        InputError: The folder is missing, or the packaged vocabulary lacks a character of the corpus.
    """
    if not folder.is_dir():
        raise InputError(f'{folder}: no such folder; create it or name another')
    rng, taken = Random(SEED), set()
    splits = {'train.json': draw_sentences(TRAIN_COUNT, hold_out=True, rng=rng, taken=taken),
              'dev.json': draw_sentences(DEV_COUNT, hold_out=False, rng=rng, taken=taken)}
    check_vocabulary(SAMPLE_FOLDER / 'vocab.txt', [sentence for split in splits.values() for sentence in split])
    for name, sentences in splits.items():
        content = ''.join(to_cluener(sentence) + '\n' for sentence in sentences)
        (folder / name).write_bytes(content.encode('utf8'))
    return [folder / name for name in splits]
