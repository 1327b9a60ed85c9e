from mmner.structures.tag_schemes.base import TagScheme, checked_categories
from mmner.structures.tag_schemes.mmocr_scheme import MMOCRScheme
from mmner.structures.tag_schemes.overlaps import without_overlaps
from mmner.structures.tag_schemes.prefix_schemes import BILOU, BIO, BIOES, BMES

__all__ = ['BILOU', 'BIO', 'BIOES', 'BMES', 'MMOCRScheme', 'TagScheme', 'checked_categories', 'without_overlaps']
