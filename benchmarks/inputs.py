"""What benchmarks read that is not in the repository."""
from argparse import ArgumentParser
from pathlib import Path

from mmner.utils import InputError

ROOT = Path(__file__).resolve().parents[1]
CLUENER = ROOT / 'data/cluener'
PREPARE = 'run python tools/dataset_converters/prepare_dataset.py cluener'
VOCABS = (ROOT / 'checkpoints/bert-base-chinese/vocab.txt', ROOT.parent / 'shared/vocab/bert-base-chinese/vocab.txt')


def add_vocab(parser: ArgumentParser) -> None:
    parser.add_argument('--vocab', type=Path, default=next(filter(Path.is_file, VOCABS), VOCABS[0]),
                        help='a BERT vocab.txt (default: checkpoints/bert-base-chinese/vocab.txt)')


def require(file: Path, advice: str = 'give a BERT vocab.txt by --vocab') -> None:
    """Refuse, before anything is measured, a file or folder that is not there.

    Raises:
        InputError: It names the file, and what to do.
    """
    if not file.exists():
        raise InputError(f'{file}: no such file or folder; {advice}')
