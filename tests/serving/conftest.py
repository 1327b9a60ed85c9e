import json

import pytest

from mmner.apis import NERInferencer


@pytest.fixture(scope='package')
def inferencer(small_model):
    return NERInferencer(small_model)


@pytest.fixture(scope='package')
def texts(small_model) -> list[str]:
    """60 texts that the small model knows, so that it finds entities in them."""
    lines = (small_model.parent / 'train.json').read_text(encoding='utf8').splitlines()
    return [json.loads(line)['text'] for line in lines]
