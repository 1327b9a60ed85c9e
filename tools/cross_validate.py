import sys

from mmner.cli.cross_validate import main

if __name__ == '__main__':
    sys.exit(main())
