import pytest
import torch

from mmner.models import losses

ONE_OF_THREE, ANY_OF_THREE = torch.zeros(0, dtype=torch.long), torch.zeros(0, 3, dtype=torch.bool)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(('name', 'targets'), [
    ('CrossEntropyLoss', ONE_OF_THREE), ('DiceLoss', ONE_OF_THREE), ('FocalLoss', ONE_OF_THREE),
    ('BinaryCrossEntropyLoss', ANY_OF_THREE), ('MultiLabelCrossEntropyLoss', ANY_OF_THREE)])
def test_no_rows_cost_nothing_and_backward_works(name, targets, dtype):
    logits = torch.zeros(0, 3, dtype=dtype, requires_grad=True)
    loss = getattr(losses, name)()(logits, targets)
    loss.backward()
    assert loss.item() == 0 and loss.shape == () and loss.dtype == torch.float32
    assert logits.grad.shape == (0, 3)
