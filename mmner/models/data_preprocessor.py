from mmengine.model import BaseDataPreprocessor

from mmner.registry import MODELS
from mmner.structures import PackedBatch


@MODELS.register_module()
class NERDataPreprocessor(BaseDataPreprocessor):
    """Bring a packed batch to the model's device."""

    def forward(self, data: PackedBatch, training: bool = False) -> dict[str, PackedBatch]:
        return dict(batch=data.to(self.device))
