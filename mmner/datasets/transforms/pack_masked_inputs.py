from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import TRANSFORMS
from mmner.structures import PretrainingSample


@TRANSFORMS.register_module()
class PackMaskedInputs(BaseTransform):
    """Gather what a PretrainingModel reads. Its units are the masked tokens, and their ids what stood there.

    Required keys: input_ids, sequence_lengths, sample_idx, those that `MaskTokens` adds, and for pairs is_next and
    what `JoinSentencePair` adds.
    Returns `inputs`, a dict of arrays, and `data_samples`, a PretrainingSample.
    """

    def transform(self, results: dict) -> dict:
        inputs = dict(input_ids=results['input_ids'], sequence_lengths=results['sequence_lengths'],
                      unit_to_token=results['masked_tokens'], unit_ids=results['masked_ids'])
        if 'token_types' in results:
            inputs['token_types'] = results['token_types']
        return dict(inputs=inputs, data_samples=PretrainingSample(
            index=results['sample_idx'], is_next=results.get('is_next')))
