import pytest

from mmner.structures.lexicon_features import feature_id, sorted_tags, tags_key, word_features
from mmner.utils import InputError


def test_features_of_words_by_hand():
    """Tags 0 and 2; places are 0 begin, 1 middle, 2 end, 3 single."""
    assert word_features(1, [2]) == [(0, 11)]
    assert word_features(2, [0]) == [(0, 0), (1, 2)]
    assert word_features(4, [0, 2]) == [(0, 0), (0, 8), (1, 1), (1, 9), (2, 1), (2, 9), (3, 2), (3, 10)]


def test_every_feature_has_its_own_number():
    assert sorted(feature_id(tag, place) for tag in range(3) for place in range(4)) == list(range(12))


def test_the_order_of_the_tags_does_not_matter():
    assert sorted_tags(['nz', 'a', '人名', 'a']) == ('a', 'nz', '人名') == sorted_tags({'人名', 'nz', 'a'})
    keys = {tags_key(tags) for tags in (('a', 'b'), ('a', 'c'), ('ab',), ('a', 'b', 'c'), ('人名',))}
    assert len(keys) == 5 and tags_key(('a', 'b')) in keys


@pytest.mark.parametrize(('tags', 'message'), [
    ([], r'tags=\[\]: a lexicon needs a list'), ('nz', "tags='nz': a lexicon needs a list"),
    (['a.b'], "tag 'a.b' .* no dot"), (['a', ''], "tag ''"), (['a b'], "tag 'a b' .* no space")])
def test_mistakes(tags, message):
    with pytest.raises(InputError, match=message):
        sorted_tags(tags)
