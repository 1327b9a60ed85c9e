import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TextIO

from mmner.cli.argument_types import count
from mmner.cli.errors import one_line_errors
from mmner.cli.option_files import check_option_files
from mmner.cli.running import add_config, parse_options
from mmner.utils import InputError
from mmner.utils.files import written_aside
from mmner.utils.labels import shown_labels

EXAMPLE = 'example: %(prog)s configs/bert_softmax/bert-tiny_softmax_sample_5e.py --first 5 --label scene'


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/browse_dataset.py') -> int:
    """What a config's pipeline feeds the model: texts with the entities that can be learnt, and their tokens."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    dataset, unknown = build(args)
    samples = islice(chosen(dataset, args.label), args.first)
    if args.html is None:
        show(samples, dataset.metainfo['categories'], unknown, sys.stdout)
        return 0
    with written_aside(args.html) as sink:
        sink.write(show(samples, dataset.metainfo['categories'], unknown, StringIO()).export_html())
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument('--split', choices=('train', 'val', 'test'), default='train', help='default: train')
    parser.add_argument('--first', type=count, default=20, metavar='N', help='show N texts (default: 20)')
    parser.add_argument('--label', help='show texts with an entity of this category alone')
    parser.add_argument('--html', type=Path, metavar='FILE', help='write a page instead')


def build(args: Namespace):
    """The dataset, and the id of what its tokenizer does not know."""
    from mmner.cli.config_data import annotation_files, build_tokenizer, load_config, require_entities
    from mmner.registry import DATASETS
    from mmner.utils.config import building
    config = load_config(args.config, parse_options(args.cfg_options))
    check_option_files({'--html': args.html}, [args.config, *annotation_files(config)])
    loader = config.get(f'{args.split}_dataloader')
    tokenizer = build_tokenizer(config, args.config)
    if not loader or not tokenizer:
        raise InputError(f'{args.config}: has no {args.split}_dataloader, or no Tokenize in its pipeline; choose '
                         'another --split or config')
    with building(config, args.config):
        dataset = DATASETS.build(loader.dataset)
    if 'data_samples' not in dataset[0]:
        raise InputError(f'{args.config}: the {args.split} dataset has no pipeline with PackNERInputs; give it one, or '
                         'choose another --split')
    require_entities(dataset, args.config)
    return dataset, tokenizer.unk_id


def chosen(dataset, label: str | None) -> Iterator[tuple]:
    """The samples and their arrays, of all texts or of those with a category.

    Raises:
        InputError: There is no such category.
    """
    categories = dataset.metainfo['categories']
    if label not in (None, *categories):
        raise InputError(f'--label {label!r:.60}: unknown category; known are {shown_labels(categories)}')
    for index in range(len(dataset)):
        packed = dataset[index]
        sample = packed['data_samples']
        if label is None or any(entity.label == label for entity in sample.entities):
            yield sample, packed['inputs']


def show(samples: Iterable[tuple], categories: Sequence[str], unknown: int, sink: TextIO):
    """Print samples; the console that has recorded it."""
    from rich.console import Console

    from mmner.visualization import learnable_entities, mark_entities, mark_tokens
    console = Console(file=sink, highlight=False, markup=False, emoji=False, soft_wrap=True, record=True)
    for sample, inputs in samples:
        entities, lengths = learnable_entities(sample), list(inputs['sequence_lengths'])
        console.print(f'sample {sample.index}: {len(sample.text)} characters, tokens {" + ".join(map(str, lengths))}',
                      style='dim')
        console.print(mark_entities(sample.text, entities, categories))
        console.print(mark_tokens(sample, inputs, unknown))
        spans = {entity.span for entity in entities}
        for entity in sample.entities:
            if entity.span not in spans:
                console.print(f'not as annotated: {entity.label} {entity.string(sample.text)!r}', style='red')
        console.print()
    return console
