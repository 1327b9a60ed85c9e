from collections.abc import Sequence

from rich.text import Text

from mmner.structures import Entity

COLORS = ('cyan', 'magenta', 'yellow', 'green', 'blue', 'red', 'bright_cyan', 'bright_magenta', 'bright_yellow',
          'bright_green', 'bright_blue', 'bright_red')


def mark_entities(text: str, entities: Sequence[Entity], categories: Sequence[str]) -> Text:
    """A sentence with each entity in brackets, its label behind it, in the colour of its category.

    The brackets keep it readable where colours are lost. Of entities that overlap, the one that begins first is shown
    in place; the others follow the sentence.

    Args:
        text: The sentence.
        entities: In offsets of the text.
        categories: All labels, so that a category has the same colour in every sentence.
    """
    marked, last_end, others = Text(), 0, []
    for entity in sorted(entities, key=lambda entity: (entity.start, -entity.end)):
        if entity.start < last_end:
            others.append(entity)
            continue
        marked.append(text[last_end:entity.start])
        marked.append_text(bracketed(text, entity, categories))
        last_end = entity.end
    marked.append(text[last_end:])
    for entity in others:
        marked.append(' + ')
        marked.append_text(bracketed(text, entity, categories))
    return marked


def bracketed(text: str, entity: Entity, categories: Sequence[str]) -> Text:
    color = COLORS[list(categories).index(entity.label) % len(COLORS)]
    return Text.assemble((f'[{text[entity.start:entity.end]}]', f'bold {color}'), (entity.label, color))
