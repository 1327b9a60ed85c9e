import pytest

from mmner.structures.tag_schemes import BIO
from mmner.utils import InputError


@pytest.mark.parametrize('categories', [[], (), 'address'])
def test_no_categories(categories):
    with pytest.raises(InputError, match='give a list of category names'):
        BIO(categories=categories)


def test_doubled_category_is_named():
    with pytest.raises(InputError, match='name book more than once'):
        BIO(categories=['book', 'game', 'book'])


def test_tag_ids():
    scheme = BIO(categories=['address', 'x-ray'])
    assert scheme.tags == ('O', 'B-address', 'I-address', 'B-x-ray', 'I-x-ray')
    assert scheme.categories == ('address', 'x-ray')
    assert (scheme.num_tags, scheme.outside_id) == (5, 0)
