from torch import Tensor

from mmner.models.decoders.softmax_decoder import SoftmaxDecoder
from mmner.registry import MODELS
from mmner.structures import Entity, PackedBatch


@MODELS.register_module()
class MMOCRSoftmaxDecoder(SoftmaxDecoder):
    """The softmax head of MMOCR 0.x: the first and the last token of a sequence carry 'O' and count in the loss.

    It reads token vectors (T, H), so its model has no neck. See docs/mmocr_style.md. Give `Tokenize` the argument
    on_long='truncate', which is what MMOCR does: of a text that is cut into windows, tokens that two of them share are
    taught their tag in one and O in the other.
    """
    reads_tokens = True

    @property
    def decision_kind(self) -> str:
        return f'{super().decision_kind} of tokens'

    def targets(self, batch: PackedBatch) -> Tensor:
        """(T,) gold tag ids."""
        of_units = super().targets(batch)
        of_tokens = of_units.new_full(batch.input_ids.shape, self.tag_scheme.outside_id)
        return of_tokens.index_copy(0, batch.unit_to_token, of_units)

    def num_terms(self, batch: PackedBatch) -> int:
        return len(batch.input_ids)

    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        return super().predict(hidden.index_select(0, batch.unit_to_token), batch)

    def score_gold(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        """Without entities of one unit, which `MMOCRScheme` never finds."""
        return super().score_gold(hidden.index_select(0, batch.unit_to_token), batch)
