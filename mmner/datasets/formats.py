"""The annotation formats by name: how each is read, and how it is written."""
from mmner.datasets import readers, writers

READERS = dict(
    brat=readers.BratReader, cluener=readers.CLUENERReader, cmeee=readers.CMeEEReader, conll=readers.ConllReader,
    doccano=readers.DoccanoReader, jsonl=readers.JsonLinesReader, label_studio=readers.LabelStudioReader,
    label_studio_min=readers.LabelStudioMinReader, label_studio_predictions=readers.LabelStudioPredictionsReader,
    spacy=readers.SpacyReader, spacy_v2=readers.SpacyV2Reader)
WRITERS = dict(
    brat=writers.BratWriter, cluener=writers.CLUENERWriter, cmeee=writers.CMeEEWriter, conll=writers.ConllWriter,
    doccano=writers.DoccanoWriter, jsonl=writers.JsonLinesWriter, label_studio=writers.LabelStudioWriter,
    label_studio_predictions=writers.LabelStudioPredictionsWriter, spacy=writers.SpacyWriter)
