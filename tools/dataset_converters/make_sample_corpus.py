"""Write train.json and dev.json of the sample corpus; without an argument, those of the package."""
import argparse
import sys
from pathlib import Path

from mmner.cli.errors import one_line_errors
from mmner.datasets.sample_corpus import SAMPLE_FOLDER, write_sample_corpus


@one_line_errors
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', nargs='?', type=Path, default=SAMPLE_FOLDER, help='an existing folder')
    print(*write_sample_corpus(parser.parse_args().folder), sep='\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
