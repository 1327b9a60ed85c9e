from mmner.cli.annotation_files import READABLE, WRITABLE
from mmner.datasets.formats import READERS, WRITERS


def test_the_names_are_those_of_the_formats():
    assert (tuple(READERS), tuple(WRITERS)) == (READABLE, WRITABLE)
