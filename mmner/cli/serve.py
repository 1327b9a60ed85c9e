from argparse import ArgumentParser

from mmner.cli.errors import one_line_errors
from mmner.cli.model_arguments import add_device, add_model
from mmner.serving.limits import Limits
from mmner.utils import InputError
from mmner.utils.memory import keep_freed_memory

EXAMPLE = 'example: %(prog)s work_dirs/demo --port 8000   then open http://127.0.0.1:8000'
# The limits that are options: the unit of each, and its help.
LIMITS = dict(
    max_batch_tokens=('N', 'characters that are gathered for the model, 2 more for each text; tokens that it is given '
                      'at once, all texts counted as long as the longest'),
    max_queue=('N', 'characters that may wait, half of them of one client; else 503 and 429'),
    max_body=('BYTES', 'size of a request; else 413'),
    max_texts=('N', 'texts in a request; else 422'),
    max_characters=('N', 'characters in a request; else 422'))


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/serve.py') -> int:
    """Offer a model over HTTP."""
    parser = ArgumentParser(prog=prog, description='Offer a model over HTTP, with a page to try it. With the '
                            'environment variable MMNER_API_KEY, clients must send this key.', epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    check_port(args.port)
    limits = Limits(**{name: getattr(args, name) for name in LIMITS})
    serve = load_server()       # torch loads after --help and usage errors
    from mmner.apis import NERInferencer
    keep_freed_memory()
    inferencer = NERInferencer(args.model, args.weights, args.device, precision=args.precision,
                               max_tokens=limits.max_batch_tokens)
    return serve(inferencer, host=args.host, port=args.port, limits=limits)


def add_arguments(parser: ArgumentParser) -> None:
    add_model(parser)
    add_device(parser)
    parser.add_argument('--host', default='127.0.0.1',
                        help='address to listen on (default: %(default)s, this machine only; 0.0.0.0 lets others in)')
    parser.add_argument('--port', type=int, default=8000, help='default: %(default)s; 0 takes a free one')
    for name, (metavar, line) in LIMITS.items():
        parser.add_argument(f'--{name.replace("_", "-")}', type=int, metavar=metavar, default=getattr(Limits, name),
                            help=f'{line} (default: %(default)s)')


def check_port(port: int) -> None:
    if not 0 <= port < 65536:
        raise InputError(f'--port {port}: a port is a number from 0 to 65535')


def load_server():
    """The function that serves.

    Raises:
        InputError: A package that it needs is not installed.
    """
    try:
        from mmner.serving.server import serve
    except ModuleNotFoundError as error:
        raise InputError(f'{error.name} is not installed; the server needs the extra serve: pip install '
                         'fastapi uvicorn prometheus-client') from error
    return serve
