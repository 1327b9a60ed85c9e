from argparse import ArgumentTypeError


def count(text: str) -> int:
    """argparse type: a whole number, 0 or more."""
    if not text.isdecimal():
        raise ArgumentTypeError(f'{text!r} is no count; give a whole number, 0 or more')
    return int(text)
