from dataclasses import dataclass


@dataclass(slots=True)
class PretrainingSample:
    """One text of pre-training and how well it was guessed.

    Attributes:
        index (int): Place of the sample in its dataset; tells samples apart when ranks are gathered.
        is_next (bool, optional): Of a pair: the second text follows the first. None: the text stands alone.
        num_masked (int): Tokens that were to be guessed.
        num_correct (int): Of these, how many were.
        surprisal (float): -log of the probabilities of the right tokens, summed.
        next_is_correct (bool, optional): `is_next` was guessed.
    """
    index: int
    is_next: bool | None = None
    num_masked: int = 0
    num_correct: int = 0
    surprisal: float = 0.0
    next_is_correct: bool | None = None
