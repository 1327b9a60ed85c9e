import time
from argparse import ArgumentParser
from pathlib import Path
from shlex import quote

from mmner.cli.argument_types import tolerance
from mmner.cli.errors import one_line_errors
from mmner.cli.model_arguments import add_model
from mmner.utils import InputError
from mmner.utils.files import finished_folder
from mmner.utils.tables import markdown_table

EXAMPLE = 'example: %(prog)s work_dirs/demo exported   then: python exported/predict.py 王伟在北京大学'
NO_WORDS = ('models whose units are words cannot be exported: train with characters as units (docs/own_corpus.md), or '
            'use mmner serve')


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/export.py') -> int:
    """Export a model to a folder that runs without torch, and hold it against the model on the test set."""
    parser = ArgumentParser(prog=prog, description='Export a model to a folder that runs with onnxruntime, '
                                                   'sentencepiece and numpy alone.', epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    from mmner.apis import NERInferencer  # torch loads after --help and usage errors
    from mmner.apis.model_source import find_model
    from mmner.export import check_parts, write_folder, write_int8
    if args.out_dir.exists():
        raise InputError(f'{args.out_dir}: exists; remove it or choose another folder')
    source = find_model(args.model, args.weights)
    inferencer = NERInferencer(args.model, args.weights, 'cpu', precision='float32')
    check_parts(inferencer.model)
    tokenize = tokenize_of(inferencer.pipeline)
    texts, gold = read_test_set(source)
    with finished_folder(args.out_dir) as folder:
        write_folder(folder, inferencer.model, tokenize)
        if args.int8:
            write_int8(folder)
        compare(args, folder, inferencer, texts, gold)
    print(f'written to {args.out_dir}; try: python {quote(str(args.out_dir / "predict.py"))} TEXT')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument('out_dir', type=Path, help='folder to make; it appears when all is well')
    parser.add_argument('--int8', action='store_true', help='also write model_int8.onnx, with weights of 8 bits')
    parser.add_argument('--tolerance', type=tolerance, default=0.001, metavar='X',
                        help='how much F1 may differ from that of PyTorch (default: 0.001)')
    parser.add_argument('--int8-tolerance', type=tolerance, default=0.01, metavar='X',
                        help='the same for 8 bits (default: 0.01)')


def read_test_set(source) -> tuple[list[str], list]:
    """The texts of the config's test set and the entities of each.

    Raises:
        InputError: See `test_dataset` and `records_of`; also a test set without annotation file, or in words.
    """
    from mmner.apis.building import test_dataset
    from mmner.cli.config_data import records_of
    dataset, name = test_dataset(source), str(source.config_file)
    if 'reader' not in dataset:
        raise InputError(f'{name}: test_dataloader.dataset reads no annotation file; give it `ann_file` and `reader`')
    records = list(records_of(dataset, source.config, name))
    if any(record.get('unit_offsets') is not None for record in records):
        raise InputError(f'{name}: the test set comes in words; {NO_WORDS}')
    return [record['text'] for record in records], [record['entities'] for record in records]


def tokenize_of(pipeline: list):
    names = [type(transform).__name__ for transform in pipeline]
    if names != ['Tokenize', 'PackNERInputs']:
        raise InputError(f'export knows a test pipeline of Tokenize and PackNERInputs; this has {", ".join(names)}'
                         + (f'; {NO_WORDS}' if 'SplitWords' in names else ''))
    return pipeline[0]


def compare(args, folder: Path, inferencer, texts: list[str], gold: list) -> None:
    """Run the test set through PyTorch and the folder; print the table; refuse what differs beyond the tolerance."""
    import torch

    from mmner.export import INT8_MODEL, MODEL, Outcome, check_f1, f1, run_folder
    begin = time.perf_counter()
    found = [prediction.entities for prediction in inferencer(texts)]
    megabytes = sum(weight.nbytes for weight in inferencer.model.state_dict().values()) / 1e6
    outcomes = [Outcome('PyTorch float32', found, len(texts) / (time.perf_counter() - begin), megabytes)]
    threads = torch.get_num_threads()
    tolerances = {MODEL: args.tolerance} | ({INT8_MODEL: args.int8_tolerance} if args.int8 else {})
    for file, name in ((MODEL, 'ONNX float32'), (INT8_MODEL, 'ONNX int8')):
        if file in tolerances:
            outcomes.append(run_folder(folder, name, file, texts, threads))
    rates = [f1(gold, outcome.found) for outcome in outcomes]
    print_table(outcomes, rates, texts)
    for outcome, rate, allowed in zip(outcomes[1:], rates[1:], tolerances.values(), strict=True):
        check_f1(rates[0], outcome, rate, allowed)


def print_table(outcomes: list, rates: list[float], texts: list[str]) -> None:
    """A row for each outcome; below, how the first text differs."""
    from mmner.export import first_difference
    print(markdown_table(
        ('test set', 'F1', 'ΔF1', 'sentences/s', 'MB'),
        [(outcome.name, f'{rate:.4f}', f'{rate - rates[0]:+.4f}', f'{outcome.speed:.0f}', f'{outcome.megabytes:.1f}')
         for outcome, rate in zip(outcomes, rates, strict=True)]))
    for outcome in outcomes[1:]:
        print(first_difference(texts, outcomes[0], outcome) or
              f'{outcome.name}: the same entities as {outcomes[0].name} in all {len(texts)} texts')
