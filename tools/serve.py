import sys

from mmner.cli.serve import main

if __name__ == '__main__':
    sys.exit(main())
