from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence

from mmner.cli.annotation_files import READABLE, READER_OPTIONS, build_reader, print_findings
from mmner.cli.argument_types import count
from mmner.cli.errors import one_line_errors
from mmner.cli.progress import with_progress
from mmner.utils import InputError, Report
from mmner.utils.labels import shown_label
from mmner.utils.tables import markdown_table

EXAMPLE = ('example: %(prog)s data/cluener/train.json data/cluener/dev.json --format cluener   or   '
           '%(prog)s configs/bert_softmax/bert-tiny_softmax_sample_5e.py')


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/check_dataset.py') -> int:
    """What is in annotation files, and what may be wrong with it. Nothing is changed."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    readers, tokenizer = sources(args)
    for reader in readers.values():
        reader.report.keep = args.show
    splits = {file: list(with_progress(reader(file))) for file, reader in readers.items()}
    report, num_tokens = Report(keep=args.show), {}
    for file, records in splits.items():
        num_tokens[file] = check(file, records, report, tokenizer)
    from mmner.datasets.checks import ambiguous_strings, check_duplicates
    check_duplicates(splits, report)
    show_sizes(splits, num_tokens)
    print()
    print_findings(readers.items())
    lines = [*report.lines(), *described(ambiguous_strings(splits.values()), args.show)]
    if lines or not any(reader.report.counts for reader in readers.values()):
        print('\n'.join(lines) or 'Nothing was found.')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('files', nargs='+', metavar='FILE',
                        help='annotation files, such as train and dev; or a config or its name, for its files and '
                             'tokenizer')
    parser.add_argument('--format', choices=READABLE, metavar='FORMAT',
                        help=f'format of the files: {", ".join(READABLE)} (default: jsonl)')
    parser.add_argument('--options', nargs='+', default=[], metavar='KEY=VALUE',
                        help=READER_OPTIONS)
    parser.add_argument('--show', type=count, default=3, metavar='N', help='places to show of each kind (default: 3)')


def sources(args: Namespace) -> tuple[dict, object | None]:
    """A reader for each file and, of a config, the tokenizer."""
    from mmner.cli.config import is_config
    configs = [file for file in args.files if is_config(file)]
    if not configs:
        return {file: build_reader(args.format or 'jsonl', args.options) for file in args.files}, None
    if len(args.files) > 1:
        raise InputError(f'{configs[0]}: a config is given alone; its files are those of its datasets')
    if args.format or args.options:
        raise InputError(f'{configs[0]}: a config names the readers of its files; leave out --format and --options')
    from mmner.cli.config_data import build_readers, build_tokenizer, load_config
    config = load_config(configs[0])
    return build_readers(config, configs[0]), build_tokenizer(config, configs[0])


def check(file: str, records: list[dict], report: Report, tokenizer) -> list[int]:
    """Look at the texts of a file one by one; the number of tokens of each."""
    from mmner.datasets.checks import check_characters, check_entities, check_tokens, place_of
    lengths = []
    for record in with_progress(records):
        where = place_of(record, file)
        check_entities(record, where, report)
        check_characters(record, where, report)
        if tokenizer:
            lengths.append(check_tokens(record, where, report, tokenizer))
    return lengths


def show_sizes(splits: dict[str, list[dict]], num_tokens: dict[str, list[int]]) -> None:
    """How much there is, how long it is, and how often each label occurs."""
    rows = []
    for file, records in splits.items():
        lengths = [[len(record['text']) for record in records],
                   [end - start for record in records for _, start, end, *_ in record['entities']], num_tokens[file]]
        rows.append((file, str(len(records)), str(sum(not record['entities'] for record in records)),
                     str(len(lengths[1])), *map(quantiles, lengths)))
    print('Lengths: the median, the longest of 19 in 20, the longest.\n')
    print(markdown_table(('file', 'texts', 'without entities', 'entities', 'characters of a text', 'of an entity',
                          'tokens of a text'), rows, width=10_000), end='\n\n')
    labels = [Counter(entity.label for record in records for entity in record['entities'])
              for records in splits.values()]
    print(markdown_table(('label', *splits), (
        (shown_label(label), *(f'{count[label]} ({count[label] / max(count.total(), 1):.1%})' for count in labels))
        for label in sorted(set().union(*labels))), width=10_000))


def quantiles(lengths: list[int]) -> str:
    ordered, places = sorted(lengths), (len(lengths) // 2, len(lengths) * 19 // 20, -1)
    return ', '.join(str(ordered[place]) for place in places if ordered)


def described(strings: dict[str, dict[str, int]], count: int) -> list[str]:
    """A line about the strings with several labels, if there are any."""
    examples = []
    for string, labels in list(strings.items())[:count]:
        counts = ', '.join(f'{shown_label(label)} {times}' for label, times in sorted(labels.items()))
        examples.append(f'{string!r:.60} ({counts})')
    return [f'{len(strings)} x string with several labels, e.g. {"; ".join(examples)}'] if strings else []
