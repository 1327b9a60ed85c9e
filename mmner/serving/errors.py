class Refusal(Exception):
    """A request that gets another answer than predictions.

    Args:
        status (int): The HTTP status.
        message (str): What is wrong and what to do, for the client.
        headers (dict[str, str], optional): Headers of the answer.
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def busy(status: int, message: str) -> Refusal:
    """A refusal that says when to come back."""
    return Refusal(status, message, {'Retry-After': '1'})
