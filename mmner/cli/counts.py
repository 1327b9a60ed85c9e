from argparse import ArgumentTypeError


def count(text: str) -> int:
    """How many, as the `type` of an option."""
    if not text.isdecimal():
        raise ArgumentTypeError(f'{text!r} is no count; give a whole number, 0 or more')
    return int(text)
