import asyncio

from starlette.requests import ClientDisconnect, Request

from mmner.serving.errors import Refusal, busy
from mmner.serving.limits import Limits


class Bodies:
    """Read the bodies of requests within limits of size, time and memory.

    Args:
        limits (Limits): `max_body`, `max_bodies` and `body_seconds` count here.
    """

    def __init__(self, limits: Limits):
        self.limits = limits
        self.held = 0       # bytes of the bodies that are being read

    async def read(self, request: Request) -> bytes:
        """The body of a request.

        Raises:
            Refusal: 413 if it is too large, 408 if it comes too slowly, 503 if too much is being read at once, 499 if
                the client left before its end.
        """
        length = request.headers.get('content-length', '')
        if length.isdecimal() and int(length) > self.limits.max_body:
            raise self.too_large()
        chunks = []
        try:
            await asyncio.wait_for(self.collect(request, chunks), self.limits.body_seconds)
        except asyncio.TimeoutError as error:
            raise Refusal(408, f'the body took longer than {self.limits.body_seconds:g} s; send it faster',
                          {'Connection': 'close'}) from error
        except ClientDisconnect as error:
            raise Refusal(499, 'the client left') from error
        finally:
            self.held -= sum(map(len, chunks))
        return b''.join(chunks)

    async def collect(self, request: Request, chunks: list[bytes]) -> None:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > self.limits.max_body:
                raise self.too_large()
            if self.held + len(chunk) > self.limits.max_bodies:
                raise busy(503, 'the server is reading too many requests; try again later')
            self.held += len(chunk)
            chunks.append(chunk)

    def too_large(self) -> Refusal:
        return Refusal(413, f'the body is larger than {self.limits.max_body} bytes; send the texts in several requests')
