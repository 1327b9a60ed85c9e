import json
from typing import NamedTuple

from mmner.structures.entity import Entity


class Prediction(NamedTuple):
    """A text and what was found in it.

    Attributes:
        text (str): The text, as it was given.
        entities (list[Entity]): In offsets of the text, each with a score.
        source (dict, optional): Whence the text comes: `id`, `file` and `line`, those of them that are known.
    """
    text: str
    entities: list[Entity]
    source: dict | None = None

    def to_dict(self) -> dict:
        """`{"text": ..., "entities": [{"label", "start", "end", "text", "score"}, ...]}`; ends are exclusive.

        What is known of the source stands before. A discontinuous entity has "fragments", too: `[[start, end], ...]`;
        one whose score is None has no "score".
        """
        return (self.source or {}) | dict(text=self.text, entities=[
            dict(label=label, start=start, end=end, text=self.text[start:end],
                 **(dict(score=round(score, 6)) if score is not None else {}),
                 **(dict(fragments=[[*fragment] for fragment in fragments]) if fragments else {}))
            for label, start, end, score, fragments in self.entities])

    def to_json(self) -> str:
        """`to_dict` as one line. A lone surrogate stays one: write with `errors='backslashreplace'`."""
        return json.dumps(self.to_dict(), ensure_ascii=False)
