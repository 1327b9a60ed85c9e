from collections.abc import Sequence

from rich.text import Text

from mmner.structures import Entity
from mmner.utils.pictures import PICTURES
from mmner.visualization.layout import lay_out

COLORS = ('cyan', 'magenta', 'yellow', 'green', 'blue', 'red', 'bright_cyan', 'bright_magenta', 'bright_yellow',
          'bright_green', 'bright_blue', 'bright_red')


def mark_entities(text: str, entities: Sequence[Entity], categories: Sequence[str]) -> Text:
    """A sentence with each entity in brackets, its label behind it, in the colour of its category.

    The brackets keep it readable where colours are lost: '[[北京]address大学]organization'. Of two entities that cross,
    one is shown in pieces, dots where it goes on: '[甲[乙]name…]title[丙]…name'.

    Args:
        text: The sentence.
        entities: In offsets of the text; nested and crossing ones too.
        categories: All labels, so that a category has the same colour in every sentence.

    Raises:
        InputError: An entity is empty or lies outside the text.
    """
    colors = {category: COLORS[number % len(COLORS)] for number, category in enumerate(categories)}
    marked, styles = Text(), ['']
    for kind, value in lay_out(text, entities):
        if kind == 'text':
            marked.append(value.translate(PICTURES), styles[-1])
        elif kind == 'open':
            styles.append(f'bold {colors[value.entity.label]}')
            marked.append('[', styles[-1])
        else:
            marked.append(']', styles.pop())
            marked.append(value.caption.translate(PICTURES), colors[value.entity.label])
    return marked
