import hmac
import os

from starlette.requests import Request

from mmner.serving.errors import Refusal
from mmner.utils import InputError

VARIABLE = 'MMNER_API_KEY'


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
    def is_asked_for(self) -> bool:
        return self.key is not None

    def check(self, request: Request) -> None:
        """
        Raises:
            Refusal: 401, the key is missing or wrong.
        """
        if not self.is_asked_for:
            return
        scheme, _, token = request.headers.get('authorization', '').partition(' ')
        sent = [request.headers.get('x-api-key', ''), token.strip(' \t') if scheme.lower() == 'bearer' else '']
        # A proxy may have put a Bearer of its own beside the key.
        if not any(hmac.compare_digest(one.encode('latin-1'), self.key) for one in sent):
            raise Refusal(401, 'send the API key of this server as "Authorization: Bearer KEY" or "X-API-Key: KEY"',
                          {'WWW-Authenticate': 'Bearer'})
