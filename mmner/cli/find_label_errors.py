import csv
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mmner.cli.argument_types import count
from mmner.cli.cross_validate import SUMMARY, training_file
from mmner.cli.errors import one_line_errors
from mmner.cli.option_files import check_option_files
from mmner.cli.progress import with_progress
from mmner.utils import InputError
from mmner.utils.files import written_aside

if TYPE_CHECKING:
    from mmner.evaluation.functional.label_errors import Contradiction
    from mmner.structures import Entity

EXAMPLE = 'example: %(prog)s work_dirs/e5-small_softmax_cluener_6e_folds --csv a.csv --html a.html'
HEADER = ('suspicion', 'where', 'kind', 'annotated', 'annotated text', 'its probability', 'found', 'found text',
          'score', 'text')
CONTEXT = 40            # characters on either side that the CSV shows
FORMULA = tuple('=+-@\t\r')


class Finding(NamedTuple):
    """A contradiction, where it is, and the sentence."""
    contradiction: 'Contradiction'
    where: str
    text: str


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/find_label_errors.py') -> int:
    """Annotations that the models of a cross-validation contradict, each by the model that has not seen the text."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    summary = args.work_dir / SUMMARY
    if not summary.is_file():
        raise InputError(f'{args.work_dir}: holds no finished cross-validation; run `mmner cross_validate CONFIG`, and '
                         'give its work dir')
    # Not all that are fold*.py: a command with more folds may have been stopped before it trained any.
    num_folds = json.loads(summary.read_text(encoding='utf8'))['num_folds']
    folds = [args.work_dir / f'fold{fold}.py' for fold in range(num_folds)]
    from mmner.cli.config import load_config
    training, _ = training_file(load_config(str(folds[0])))
    check_option_files({'--csv': args.csv, '--html': args.html}, [summary, *folds, training])
    found = sorted((finding for fold in folds for text in with_progress(of_fold(fold)) for finding in text),
                   key=lambda finding: -finding.contradiction.suspicion)
    for finding in found[:args.first]:
        print(f'{finding.contradiction.suspicion:.4f}  {finding.where}: {in_words(finding)}')
    print(f'{len(found)} contradictions')
    write(found, args)
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('work_dir', type=Path, help='work dir of `mmner cross_validate`')
    parser.add_argument('--first', type=count, default=20, metavar='N',
                        help='print the N most suspicious (default: 20)')
    parser.add_argument('--csv', type=Path, metavar='FILE', help='write all of them there, one a line')
    parser.add_argument('--html', type=Path, metavar='FILE', help='write their sentences there, each once')


def of_fold(config_file: Path) -> Iterator[list[Finding]]:
    """What the model of a fold says about each of the texts that it has not seen.

    Raises:
        InputError: The training file has changed, so that other texts would be in the fold.
    """
    import torch

    from mmner.cli.config import load_config
    from mmner.cli.running import build_runner, checkpoint_file
    from mmner.evaluation.functional.label_errors import contradictions
    from mmner.models.checkpoint import load_model
    from mmner.models.weights import read_checkpoint
    config, work_dir = load_config(str(config_file)), config_file.with_suffix('')
    file, content = training_file(config)
    if content not in config_file.read_text(encoding='utf8').partition('\n')[0]:
        raise InputError(f'{file}: has changed since the cross-validation; run `mmner cross_validate` again')
    checkpoint = checkpoint_file(str(work_dir))
    config.work_dir = str(work_dir / 'label_errors')
    config.log_level = 'WARNING'        # else the environment and the config stand before the result
    runner = build_runner(config)
    load_model(runner.model, read_checkpoint(checkpoint), checkpoint)
    model, loader = runner.model.eval(), runner.build_dataloader(config.test_dataloader)
    for data in loader:
        batch = model.data_preprocessor(data)['batch']
        with torch.no_grad():
            probabilities, samples = model(batch, mode='score_gold'), model(batch, mode='predict')
        for sample, scored in zip(samples, probabilities, strict=True):
            where = loader.dataset.get_data_info(sample.index)['where']
            found = contradictions(sample.entities, sample.predicted, {entity.span: entity.score for entity in scored})
            yield [Finding(contradiction, where, sample.text) for contradiction in found]


def in_words(finding: Finding) -> str:
    from mmner.datasets.checks import shown
    _, kind, gold, predicted = finding.contradiction
    parts = [f'{name} {shown(entity, finding.text)}'
             for name, entity in (('annotated', gold), ('found', predicted)) if entity]
    return f'{kind}: {", ".join(parts)}'


def write(found: list[Finding], args: Namespace) -> None:
    """The files that were asked for."""
    if args.csv:
        with written_aside(args.csv) as sink:
            sink.write('\ufeff')        # else Excel does not read it as UTF-8
            # Left to itself, the writer of Python 3.11 does not quote a lone carriage return, which ends a row.
            csv.writer(sink, lineterminator='\n', quoting=csv.QUOTE_ALL).writerows([HEADER, *map(cells, found)])
    if args.html:
        from mmner.visualization import to_html
        rows = sentences(found)
        with written_aside(args.html) as sink:
            sink.write(to_html(rows, title='Annotations that the model contradicts'))


def entities_of(entity: 'Entity | None') -> 'list[Entity]':
    return [entity] if entity else []


def sentences(found: list[Finding]) -> 'Iterable[tuple[str, list[Entity], list[Entity]]]':
    """Each text once, where its first contradiction stands, with what the model finds and what is annotated."""
    rows: dict[tuple[str, str], tuple] = {}
    for (_, _, gold, predicted), where, text in found:
        _, predictions, annotations = rows.setdefault((where, text), (text, [], []))
        predictions += entities_of(predicted)
        annotations += entities_of(gold)
    return rows.values()


def cells(finding: Finding) -> list[str]:
    """A row of the CSV; an apostrophe stands before what a spreadsheet would take for a formula."""
    suspicion, kind, *both = finding.contradiction
    parts = [cell for entity in both for cell in (
        (entity.label, entity.string(finding.text), '' if entity.score is None else f'{entity.score:.4f}')
        if entity else ('', '', ''))]
    begin, end = min(entity.start for entity in both if entity), max(entity.end for entity in both if entity)
    row = [f'{suspicion:.4f}', finding.where, kind, *parts, finding.text[max(begin - CONTEXT, 0):end + CONTEXT]]
    return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row]
