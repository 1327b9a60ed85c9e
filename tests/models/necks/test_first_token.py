import torch

from mmner.models.necks import FirstTokenNeck


def test_a_unit_takes_the_vector_of_its_token(pack, sample):
    batch = pack(sample([1, 1, 2]), sample([]), sample([1, 3]))      # 4, 2 and 5 tokens
    tokens = torch.arange(22.).view(11, 2)
    units = FirstTokenNeck()(tokens, batch)
    assert units.tolist() == tokens[[1, 1, 2, 7, 9]].tolist()
