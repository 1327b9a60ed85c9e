from mmner.registry import TAG_SCHEMES
from mmner.structures.tag_schemes.base import TagScheme


@TAG_SCHEMES.register_module()
class BIO(TagScheme):
    """Begin, inside, outside; also called IOB2."""
    first, inside, last, single = 'BIIB'


@TAG_SCHEMES.register_module()
class BIOES(TagScheme):
    """Begin, inside, outside, end, single."""
    first, inside, last, single = 'BIES'


@TAG_SCHEMES.register_module()
class BMES(TagScheme):
    """BIOES with M for the middle, as in the MSRA and Resume corpora; outside is O here too."""
    first, inside, last, single = 'BMES'


@TAG_SCHEMES.register_module()
class BILOU(TagScheme):
    """BIOES with L for the last unit and U for a one-unit entity."""
    first, inside, last, single = 'BILU'
