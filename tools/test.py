import sys

from mmner.cli.test import main

if __name__ == '__main__':
    sys.exit(main())
