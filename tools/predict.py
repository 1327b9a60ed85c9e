import sys

from mmner.cli.predict import main

if __name__ == '__main__':
    sys.exit(main())
