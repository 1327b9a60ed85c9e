"""The annotation formats by name: how each is read, and how it is written."""
from mmner.datasets.readers import CLUENERReader, CMeEEReader, ConllReader, JsonLinesReader
from mmner.datasets.writers import CLUENERWriter, CMeEEWriter, ConllWriter, JsonLinesWriter

READERS = dict(cluener=CLUENERReader, cmeee=CMeEEReader, conll=ConllReader, jsonl=JsonLinesReader)
WRITERS = dict(cluener=CLUENERWriter, cmeee=CMeEEWriter, conll=ConllWriter, jsonl=JsonLinesWriter)
