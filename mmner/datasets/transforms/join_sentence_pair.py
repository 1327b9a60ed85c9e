import numpy as np

from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import TRANSFORMS
from mmner.utils import InputError


@TRANSFORMS.register_module()
class JoinSentencePair(BaseTransform):
    """Two texts as one sequence: [CLS] first [SEP] second [SEP], whose tokens are of type 0 up to the first [SEP].

    A text of at most `max_length` tokens each gives at most `2 * max_length - 1` for the encoder.

    Required keys: those that `Tokenize` and, where it stands in the pipeline, `SegmentWords` add, also in `second`, as
    `NextSentenceDataset` gives it.
    Changed keys: input_ids, sequence_lengths, unit_to_token, unit_words.
    Added keys: token_types (T,).
    """

    def transform(self, results: dict) -> dict:
        if 'masked_tokens' in results:
            raise InputError(f'{results["where"]}: MaskTokens stands before JoinSentencePair, so the second text would '
                             'have no masks; put it behind')
        first, second = results, results.pop('second')
        if max(len(first['sequence_lengths']), len(second['sequence_lengths'])) > 1:
            raise InputError(f'{results["where"]}: a text of a pair is longer than max_length of Tokenize; set '
                             'on_long="truncate", which counts what it cuts, or split the text')
        num_first, num_second = len(first['input_ids']), len(second['input_ids']) - 1       # [CLS] stands once
        if 'unit_words' in first:
            results['unit_words'] = np.append(first['unit_words'], second['unit_words'] + len(first['unit_words']))
        # A unit without a token stands on [CLS]; in the second text on the [SEP] before it.
        results['unit_to_token'] = np.append(first['unit_to_token'], second['unit_to_token'] + num_first - 1)
        results['input_ids'] = np.append(first['input_ids'], second['input_ids'][1:])
        results['sequence_lengths'] = [num_first + num_second]
        results['token_types'] = np.repeat([0, 1], [num_first, num_second])
        return results
