import hmac
import os

from fastapi import Depends
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.requests import Request

from mmner.serving.errors import Refusal
from mmner.utils import InputError

VARIABLE = 'MMNER_API_KEY'
DEPENDENCIES = [Depends(HTTPBearer(auto_error=False)), Depends(APIKeyHeader(name='X-API-Key', auto_error=False))]


class Key:
    """The API key that clients must send, if the environment names one.

    Raises:
        InputError: The variable is there but empty, which would let everybody in by mistake.
    """

    def __init__(self):
        given = os.environ.get(VARIABLE)
        if given is not None and not given.strip():
            raise InputError(f'{VARIABLE} is empty; set it to the key, or unset it to serve without one')
        self.key = given.strip().encode('utf8', 'surrogateescape') if given else None

    @property
    def dependencies(self) -> list:
        """What tells `/openapi.json`, of a route, that a key is sent and how; nothing where none is asked for."""
        return DEPENDENCIES if self.key is not None else []

    def check(self, request: Request) -> None:
        """
        Raises:
            Refusal: 401, the key is missing or wrong.
        """
        if self.key is None:
            return
        scheme, _, token = request.headers.get('authorization', '').partition(' ')
        sent = [request.headers.get('x-api-key', ''), token.strip(' \t') if scheme.lower() == 'bearer' else '']
        # A proxy may have put a Bearer of its own beside the key.
        if not any(hmac.compare_digest(one.encode('latin-1'), self.key) for one in sent):
            raise Refusal(401, 'send the API key of this server as "Authorization: Bearer KEY" or "X-API-Key: KEY"',
                          {'WWW-Authenticate': 'Bearer'})
