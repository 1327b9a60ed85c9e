import gc
import resource
import socket

import uvicorn

from mmner.apis import NERInferencer
from mmner.serving.app import create_app
from mmner.serving.key import Key
from mmner.serving.limits import Limits
from mmner.serving.service import Service
from mmner.utils import InputError

# How long a client that does not read its answer, or does not send its body, can delay the end of the process.
SHUTDOWN_SECONDS = 5


class Server(uvicorn.Server):
    """A server that, told to stop, refuses new requests with 503 until it has answered those that it has taken.

    Args:
        config (uvicorn.Config): What to run.
        service (Service): What answers.
    """

    def __init__(self, config: uvicorn.Config, service: Service):
        super().__init__(config)
        self.service = service

    def handle_exit(self, sig: int, frame) -> None:
        if self.service.is_draining:        # told twice: do not wait
            super().handle_exit(sig, frame)
        self.service.is_draining = True

    async def on_tick(self, counter: int) -> bool:
        ended = self.service.is_drained or not self.service.is_alive
        return await super().on_tick(counter) or ended

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and not self.should_exit:
            host, port = sockets[0].getsockname()[:2]
            print(f'mmner serves http://{f"[{host}]" if ":" in host else host}:{port}', flush=True)


def serve(inferencer: NERInferencer, *, host: str, port: int, limits: Limits) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        inferencer: Finds the entities.
        host: Address to listen on; '0.0.0.0' lets other machines in.
        port: 0 takes a free one.
        limits: What to refuse.

    Returns:
        int: The status of the process: 0 after a graceful stop, 1 if the model failed altogether.

    Raises:
        InputError: The address cannot be listened on, or MMNER_API_KEY is empty.
    """
    service = Service(inferencer, limits)
    app = create_app(service, Key())
    allow_many_connections()
    gc.collect()
    gc.freeze()         # the model and the modules stay; not to search them again and again gives a tenth more answers
    with listen(host, port) as listener:
        config = uvicorn.Config(app, log_level='warning', access_log=False, server_header=False,
                                timeout_graceful_shutdown=SHUTDOWN_SECONDS)
        Server(config, service).run(sockets=[listener])
    return int(service.has_failed)


def listen(host: str, port: int) -> socket.socket:
    if not host:        # to the system it means every address of the machine
        raise InputError('--host is empty; give 127.0.0.1 for this machine alone, 0.0.0.0 for every address of it')
    # asyncio turns Nagle's algorithm, which delays every answer by 40 ms, off only where the protocol is named.
    listener = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(4096)
        return listener
    except (OSError, OverflowError, TypeError) as error:
        listener.close()
        raise InputError(f'cannot listen on {host}:{port}: {getattr(error, "strerror", None) or error}; choose another '
                         '--host or --port') from error


def allow_many_connections() -> None:
    """Raise the number of open files, of which every connection is one, as far as the system lets us."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
