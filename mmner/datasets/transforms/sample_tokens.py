from mmner.datasets.transforms.tokenize import Tokenize
from mmner.registry import TRANSFORMS
from mmner.utils import InputError


@TRANSFORMS.register_module()
class SampleTokens(Tokenize):
    """Tokenize anew at each access, by a tokenizer that draws another segmentation each time.

    It stands in a training pipeline behind `Tokenize` and what else runs once, and replaces the tokens; the units stay
    the same. Samplers that sort by length go by the tokens of `Tokenize`. No text is cut short: where the drawn tokens
    are more than `max_length`, they come in windows; so `Tokenize` may not cut it short either.

    Required keys, added keys: as for `Tokenize`.

    Args:
        tokenizer (dict): Config of the tokenizer, `SamplingSentencePieceTokenizer` with the model file of `Tokenize`.
        max_length (int): As for `Tokenize`.
        overlap (int, optional): As for `Tokenize`.

    Raises:
        InputError: `Tokenize` has truncated a text.
    """

    once = False

    def __init__(self, *, tokenizer: dict, max_length: int = 512, overlap: int | None = None):
        super().__init__(tokenizer=tokenizer, max_length=max_length, overlap=overlap)

    def transform(self, results: dict) -> dict:
        num_units = len(results['unit_to_token'])
        results = super().transform(results)
        if len(results['unit_to_token']) != num_units:
            raise InputError(f'{results["where"]}: SampleTokens reads whole texts, but Tokenize has cut this one '
                             "short; give Tokenize on_long='window'")
        return results
