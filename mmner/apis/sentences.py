import re
from collections.abc import Iterator

ENDS = '。！？!?…'
CLOSING = '”’」』）)】》〉］]}"\''

# What stands before the end, then the ends with the quotes and brackets that close behind them, or a line feed; blanks
# behind belong to the sentence that they follow.
SENTENCE = re.compile(rf'[^{ENDS}\n]*(?:[{ENDS}]+[{re.escape(CLOSING)}]*|\n)?\s*')


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the sentences of a text, which join without gaps.

    A sentence ends behind some of 。！？!?… and the quotes and brackets that close there, and behind a line feed.
    """
    for match in SENTENCE.finditer(text):
        if match.end() > match.start():
            yield match.span()
