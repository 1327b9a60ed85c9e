from dataclasses import dataclass, fields

from mmner.utils import InputError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a server takes on before it refuses.

    Attributes:
        max_body (int): Bytes of one request.
        max_texts (int): Texts of one request.
        max_characters (int): Characters of one request, all its texts together.
        max_queue (int): Characters that may wait for the model, so it bounds both memory and waiting time. A client
            address may hold half of it, so that no single one locks the others out.
        max_batch_tokens (int): Tokens that the model is given at once, and characters that are gathered for it; a
            longer text goes alone.
        body_seconds (float): How long a client may take to send a body.

    Raises:
        InputError: A limit is below 1, or a request of `max_characters` could never be queued.
    """
    max_body: int = 1_000_000
    max_texts: int = 256
    max_characters: int = 100_000
    max_queue: int = 1_000_000
    max_batch_tokens: int = 4096
    body_seconds: float = 30

    def __post_init__(self):
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise InputError(f'{field.name}={getattr(self, field.name)}: must be at least 1')
        if self.largest_request > self.max_client_queue:
            raise InputError(
                f'max_queue={self.max_queue}: one client may hold half of it, and the largest request counts '
                f'{self.largest_request} characters (max_characters + {OVERHEAD} for each of max_texts); '
                f'raise it to {2 * self.largest_request} or lower the others')

    @property
    def largest_request(self) -> int:
        return self.max_characters + OVERHEAD * self.max_texts

    @property
    def max_client_queue(self) -> int:
        """Characters that may wait of one client address."""
        return self.max_queue // 2

    @property
    def max_bodies(self) -> int:
        """Bytes of all the bodies that are being read at once."""
        return 64 * self.max_body


# What a text costs beyond its characters: [CLS], [SEP] and the objects around it. Empty texts fill the queue too.
OVERHEAD = 2


def cost(text: str) -> int:
    """What a text takes of the queue and of a batch, in characters."""
    return len(text) + OVERHEAD
