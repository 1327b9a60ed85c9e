import sys

from mmner.cli.show_predictions import main

if __name__ == '__main__':
    sys.exit(main())
