"""What a report shows: the tables of the other tools as HTML, with plots, and the sentences that they lead to."""
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from mmner.cli.annotation_files import Pairs
from mmner.cli.calibrate import reliability_table, score_bins, score_is_missing, threshold_table, thresholds
from mmner.cli.compare import comparison
from mmner.cli.evaluate import score, score_table
from mmner.cli.find_errors import MATRIX_NOTE, buckets, counts_table
from mmner.evaluation.functional import f1_interval, sentence_counts
from mmner.evaluation.functional.calibration import all_scored, calibration_error
from mmner.evaluation.functional.errors import KINDS, Pair, confusion_matrix, kind_of_error, paired_entities
from mmner.structures import Entity
from mmner.visualization.plots import bar_plot, reliability_plot, threshold_plot
from mmner.visualization.report import Count, Section, Sentence, figures, paragraph, table

PRECISION = 0.9         # of the thresholds that are shown
RESAMPLES = 2000        # of the bootstrap, for each category


def matches_of(pairs: Pairs) -> list[list[Pair]]:
    """For each sentence its gold entities with the predicted ones that mean them."""
    return [list(paired_entities(*both)) for both in zip(pairs.gold, pairs.predicted, strict=True)]


def score_section(pairs: Pairs, categories: Sequence[str]) -> Section:
    """All averages, and each category with its bootstrapped interval."""
    scores = score(pairs)
    counts = sentence_counts(pairs.gold, pairs.predicted, categories)                       # (N, K, 3)
    intervals = [f1_interval(rows, resamples=RESAMPLES) for rows in (counts.sum(axis=1), *counts.swapaxes(0, 1))]
    bars = [(name, f1, f'{f1:.4f} ({low:.3f} to {high:.3f})')
            for name, (f1, low, high) in zip(('all', *categories), intervals, strict=True)]
    places = {category: place for place, category in enumerate(categories)}
    header, rows = score_table('category', scores['category'])
    rows = [(name, *cells, Count(int(gold), dict(gold=places[name]))) for name, *cells, gold in rows]
    plot = bar_plot(bars, xlabel='F1; the line holds 95 of 100 resamples of the sentences',
                    intervals=[interval[1:] for interval in intervals])
    others = ''.join(table(*score_table(title, scores[title])) for title in scores if title != 'category')
    return Section('Scores', figures({'F1 of each category': plot}) + table(header, rows) + others)


def error_section(matches: Sequence[Sequence[Pair]], categories: Sequence[str]) -> Section:
    """The kinds of errors and the confusion matrix; each count leads to its sentences."""
    found = [pair for pairs in matches for pair in pairs]
    counts = Counter(kind_of_error(*pair) for pair in found)
    kinds = table(('kind', 'entities'), [(kind, Count(counts[kind], dict(kind=kind))) for kind in KINDS])
    names, places = (*categories, 'none'), (*range(len(categories)), -1)
    matrix = confusion_matrix(found, categories)
    rows = [(name, *(Count(count, dict(gold=place, predicted=other), count / max(sum(row), 1))
                     for other, count in zip(places, row, strict=True)))
            for name, place, row in zip(names, places, matrix, strict=True)]
    return Section('Errors', kinds + paragraph(MATRIX_NOTE) + table(('gold', *names), rows))


def length_section(pairs: Pairs, training: Iterable[dict] | None) -> Section:
    """F1 by lengths and, with the records of a training file, by what it has."""
    parts = []
    for title, bucket in buckets(training).items():
        found = counts_table(title, bucket, pairs)
        bars = [(name, float(f1), f'{f1}, {gold} gold') for name, _, _, f1, *_, gold in found.rows]
        plots = {f'F1 by {title}': bar_plot(bars, xlabel=f'F1 by {title}')} if bars else {}
        parts.append(figures(plots) + table(*found))
    return Section('Where F1 is lost', ''.join(parts))


def sureness_section(pairs: Pairs) -> Section:
    """Whether scores are probabilities, and what thresholds do."""
    title = 'How sure it is'
    if score_is_missing(pairs):
        return Section(title, paragraph('The predictions have no scores.'))
    bins, num_gold = score_bins(pairs), sum(len({entity.span for entity in gold}) for gold in pairs.gold)
    rows = all_scored(pairs.gold, pairs.predicted)
    plots = {'share of correct entities by score': reliability_plot(bins),
             'precision, recall and F1 by threshold': threshold_plot(*rates_by_threshold(*rows.T, num_gold))}
    error = f'Expected calibration error: {calibration_error(bins):.4f}'
    return Section(title, figures(plots) + paragraph(error) + table(*reliability_table(bins)) + table(
        *threshold_table(pairs, PRECISION, thresholds(pairs, PRECISION))))


def rates_by_threshold(scores: np.ndarray, correct: np.ndarray, num_gold: int) -> tuple[np.ndarray, dict]:
    """(B,) thresholds from 0 to 1 and by name (B,) rates of what reaches them; nan where nothing does."""
    order = np.argsort(scores)
    borders = np.linspace(0, 1, 201)
    place = np.searchsorted(scores[order], borders)
    found = len(scores) - place
    right = np.append(correct[order][::-1].cumsum()[::-1], 0)[place]
    precision, recall = right / np.where(found, found, np.nan), right / max(num_gold, 1)
    return borders, {'precision': precision, 'recall': recall, 'F1': 2 * right / np.maximum(found + num_gold, 1)}


def comparison_section(pairs: Pairs, baseline: Pairs) -> Section:
    """The difference to another program, in all and by category."""
    words = 'A is the baseline, B what this report is about; p: twice the share of resamples with another sign or none.'
    return Section('Against the baseline', paragraph(words) + table(*comparison([baseline], [pairs], RESAMPLES)))


def sentences(pairs: Pairs, where: Sequence[str], matches: Sequence[Sequence[Pair]], categories: Sequence[str],
              baseline: Pairs | None) -> Iterator[Sentence]:
    """Every sentence, in the order of the file."""
    places = {category: place for place, category in enumerate(categories)}
    for number, (text, gold, predicted) in enumerate(zip(*pairs, strict=True)):
        found = [(kind_of_error(*pair), *(places[entity.label] if entity else -1 for entity in pair))
                 for pair in matches[number]]
        other = baseline.predicted[number] if baseline else None
        yield Sentence(where[number], text, gold, predicted, found, other,
                       change(gold, other, predicted) if baseline else '')


def change(gold: list[Entity], before: list[Entity], after: list[Entity]) -> str:
    """Whether a sentence has fewer errors than before ('better'), more, as many but others, or the same."""
    wanted, before, after = ({entity.span for entity in entities} for entities in (gold, before, after))
    if before == after:
        return ''
    difference = len(wanted ^ after) - len(wanted ^ before)
    return 'better' if difference < 0 else 'worse' if difference else 'different'
