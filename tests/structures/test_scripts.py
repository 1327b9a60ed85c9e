import re

from mmner.structures.scripts import LETTER


def test_letters_of_scripts_with_blanks():
    spaced, others = 'aßÉжωאعदቀ각가', '中々㐀𠀀あアｱㄅกກཀကកꀀＡ7_-。，\u0301 '
    assert [character for character in spaced + others if re.fullmatch(LETTER, character)] == list(spaced)
