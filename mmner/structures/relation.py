from typing import NamedTuple


class Relation(NamedTuple):
    """A labelled arrow from one entity of a text to another.

    Attributes:
        label (str): What kind of relation.
        head (int): Index of the entity where it begins, in the list of the text's entities.
        tail (int): Index of the entity where it ends.
    """
    label: str
    head: int
    tail: int
