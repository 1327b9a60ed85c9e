from collections.abc import Collection

from mmner.utils import InputError, Report

EMPTY = (None, '', [], {})


def checked_text(record: object, where: str) -> str:
    """The "text" of an object.

    Raises:
        InputError: It is no object, or has no such string.
    """
    if isinstance(record, dict) and isinstance(record.get('text'), str):
        return record['text']
    raise InputError(f'{where}: expected an object with a string "text", found {record!r:.60}')


def checked_id(owner: dict, where: str) -> str | int | None:
    """The id of an object, if it has one; true and false are none."""
    id_ = owner.get('id')
    if id_ is None or type(id_) in (str, int):
        return id_
    raise InputError(f'{where}: the id {id_!r:.60} is neither a string nor a whole number; correct or delete it')


def known_id(owner: dict, where: str) -> dict:
    """The id of an object as a record has it: no key where it has none."""
    id_ = checked_id(owner, where)
    return {} if id_ is None else dict(id=id_)


def objects(owner: dict, key: str, where: str) -> list[dict]:
    """A list of objects; none where the key is missing."""
    values = owner.get(key)
    values = [] if values is None else values
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise InputError(f'{where}: "{key}" must be a list of objects, found {values!r:.80}')
    return values


def count_others(report: Report, value: dict, known: Collection[str], what: str, where: str) -> None:
    """Count the keys of an object that are not read but hold something."""
    others = [key for key in value if key not in known and value[key] not in EMPTY]
    if others:
        report.add(f'other {what} (left out)', f'{where}: {", ".join(others)!r:.80}')
