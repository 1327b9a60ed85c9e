"""What every command that uses a trained model asks for."""
from argparse import ArgumentParser


def add_model(parser: ArgumentParser) -> None:
    """Which model, see `mmner.apis.model_source.find_model`."""
    parser.add_argument('model', help='config file, work dir of a training, or name of a model of the zoo')
    parser.add_argument('--weights', metavar='W',
                        help='path or URL of a checkpoint; default: the best, or else the last, of the work dir')


def add_device(parser: ArgumentParser) -> None:
    """Where and in what numbers it runs."""
    parser.add_argument('--device', help='cpu, cuda, cuda:1; default: CUDA where there is any')
    parser.add_argument('--precision',
                        help='float32, bfloat16 or int8 (CPU); default: that of the config, if this device gains by it')
