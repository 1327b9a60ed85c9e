from mmner.datasets.transforms.tokenize import Tokenize
from mmner.registry import TRANSFORMS


@TRANSFORMS.register_module()
class SampleTokens(Tokenize):
    """Tokenize anew at each access, by a tokenizer that draws another segmentation each time.

    It stands in a training pipeline behind `Tokenize` and what else runs once, and replaces the tokens; the units stay
    the same. Samplers that sort by length go by the tokens of `Tokenize`. No text is cut short: where the drawn tokens
    are more than `max_length`, they come in windows.

    Required keys, added keys: as for `Tokenize`.

    Args:
        tokenizer (dict): Config of the tokenizer, `SamplingSentencePieceTokenizer` with the model file of `Tokenize`.
        max_length (int): As for `Tokenize`.
        overlap (int, optional): As for `Tokenize`.
    """

    once = False

    def __init__(self, *, tokenizer: dict, max_length: int = 512, overlap: int | None = None):
        super().__init__(tokenizer=tokenizer, max_length=max_length, overlap=overlap)
