"""Random texts and entities that a careless writer of HTML or brackets would get wrong."""
import random

from mmner.structures import Entity

PIECES = ['<script>alert(1)</script>', '<b>', '</mark>', '</div>', '&amp;', '&#0;', '&lt', '<!--', '-->', ']]>', '"',
          "'", '\0', '\ud800', '\udfff', '\ud83d\ude00', '\n', '\r', '\r\n', '\t', '  ', '\x1b[31m', '\x85', '\ufeff',
          '\u2028', '\u202e', 'שלום', 'مرحبا', '北京', '😀', 'e\u0301', '\uffff', '[', ']', '…', '<style>*{}', 'a']


def nasty_text(random: random.Random) -> str:
    return ''.join(random.choices(PIECES, k=random.randint(0, 12)))


def nasty_entities(random: random.Random, text: str) -> list[Entity]:
    """Up to eight entities, nested, crossing, the same twice, with labels as bad as the text."""
    spans = [sorted(random.sample(range(len(text) + 1), 2)) for _ in range(random.randint(0, 8))] if text else []
    return [Entity(random.choice(PIECES), start, end, random.choice([None, 0.25, 1.0])) for start, end in spans]
