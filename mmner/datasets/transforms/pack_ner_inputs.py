from mmner.datasets.transforms.base import BaseTransform
from mmner.datasets.transforms.match_lexicon import MatchLexicon
from mmner.registry import TRANSFORMS
from mmner.structures import NERDataSample


@TRANSFORMS.register_module()
class PackNERInputs(BaseTransform):
    """Gather what the model reads.

    Required keys: those that `Tokenize` requires and adds, and sample_idx; those that `MatchLexicon` adds go with them
    where it stands in the pipeline.
    Returns `inputs`, a dict of arrays, and `data_samples`, a NERDataSample.
    """

    def transform(self, results: dict) -> dict:
        inputs = dict(input_ids=results['input_ids'], sequence_lengths=results['sequence_lengths'],
                      unit_to_token=results['unit_to_token'], unit_ids=results['unit_ids'])
        inputs |= {key: results[key] for key in MatchLexicon.added if key in results}
        sample = NERDataSample(
            index=results['sample_idx'], text=results['text'], entities=results['entities'],
            unit_offsets=results.get('unit_offsets'), unit_spans=results['unit_spans'], id=results.get('id'))
        return dict(inputs=inputs, data_samples=sample)
