from collections.abc import Sequence

from mmner.structures import Relation
from mmner.utils import InputError, Report

UNNAMED = 'relation'        # the label of one without; Label Studio needs none


def relations_of(results: Sequence[dict], ids: Sequence[object], counts: Sequence[int], where: str,
                 report: Report) -> list[Relation]:
    """Relations between regions as such between entities.

    Args:
        results (Sequence[dict]): Results of type "relation"; "direction" is "right", "left" or "bi", which is two.
        ids (Sequence[object]): Id of each region. Several may have one: a region labelled by several tags.
        counts (Sequence[int]): How many entities each region is; of several, the first is taken.
        where (str): Place in the file.
        report (Report): Counts relations that are left out and those that are changed.

    Raises:
        InputError: A direction or labels that Label Studio does not write.
    """
    entities: dict[object, list[int]] = {}
    first = 0
    for id_, count in zip(ids, counts, strict=True):
        if isinstance(id_, (str, int)):
            entities.setdefault(id_, []).extend(range(first, first + count))
        first += count
    relations = []
    for result in results:
        if found := arrows(result, entities, where, report):
            relations += [Relation(label, *arrow) for label in labels_of(result, where, report) for arrow in found]
    return relations


def arrows(result: dict, entities: dict[object, list[int]], where: str, report: Report) -> list[tuple[int, int]]:
    """Head and tail, as entities, of the arrows that a result stands for."""
    ids = [result.get('from_id'), result.get('to_id')]
    ends = [entities.get(id_, []) if isinstance(id_, (str, int)) else [] for id_ in ids]
    direction = result.get('direction', 'right')
    if direction not in ('right', 'left', 'bi'):
        raise InputError(f'{where}: the direction {direction!r:.60} of a relation is none of right, left and bi; '
                         'correct the relation')
    if not all(ends):
        report.add('relation of a region that is missing or left out (left out)', f'{where}: {ids!r:.60}')
        return []
    if max(map(len, ends)) > 1:
        report.add('relation of a region with several labels (it is of the first)', f'{where}: {ids!r:.60}')
    arrow = ends[0][0], ends[1][0]
    return dict(right=[arrow], left=[arrow[::-1]], bi=[arrow, arrow[::-1]])[direction]


def labels_of(result: dict, where: str, report: Report) -> list[str]:
    labels = result.get('labels')
    labels = [] if labels is None else labels
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(f'{where}: the labels of a relation must be a list of strings, found {labels!r:.80}')
    if not labels:
        report.add(f'relation without a label (called {UNNAMED!r})', where)
    return labels or [UNNAMED]
