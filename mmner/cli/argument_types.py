from argparse import ArgumentTypeError
from math import inf


def tolerance(text: str) -> float:
    """argparse type: a number, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < inf:
        raise ArgumentTypeError(f'{text!r} is no tolerance; give a number, 0 or more')
    return value


def count(text: str) -> int:
    """argparse type: a whole number, 0 or more."""
    if not text.isdecimal():
        raise ArgumentTypeError(f'{text!r} is no count; give a whole number, 0 or more')
    return int(text)
