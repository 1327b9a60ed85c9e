from mmengine.model import BaseDataPreprocessor

from mmner.registry import MODELS
from mmner.structures import PackedBatch


@MODELS.register_module()
class NERDataPreprocessor(BaseDataPreprocessor):
    """Bring a packed batch to the model's device; to a GPU from pinned memory, so that nobody waits for the copy."""

    def forward(self, data: PackedBatch, training: bool = False) -> dict[str, PackedBatch]:
        return dict(batch=(data.pin_memory() if self.device.type == 'cuda' else data).to(self.device))
