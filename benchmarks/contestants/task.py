"""What all contestants work on."""
import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from mmner.registry import TOKENIZERS

CATEGORIES = ('address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene')
IGNORED = -100          # the label of [CLS], [SEP] and padding, as transformers' loss knows it
TRIES = 3               # of a turn that other programs disturb
SIZES = dict(
    base=dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072),
    tiny=dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64))


@dataclass(frozen=True)
class Task:
    """Texts and weights.

    Attributes:
        corpus (Path): A file in CLUENER's format; its first sentences are the texts.
        vocab (Path): BERT's vocab.txt.
        folder (Path): Weights in transformers' format; contestants may put their own forms of them there.
        size (dict): Sizes of the encoder, by transformers' names.
        texts (list[str]): The sentences.
        input_ids (list[list[int]]): Their tokens, one for a character, between [CLS] and [SEP].
        labels (list[list[int]]): A BIO tag for each token.
        device (str): 'cpu' or 'cuda'.
        threads (int): Threads of each contestant.
        rounds (int): How often each contestant is timed.
    """
    corpus: Path
    vocab: Path
    folder: Path
    size: dict
    texts: list[str]
    input_ids: list[list[int]]
    labels: list[list[int]]
    device: str
    threads: int
    rounds: int

    @property
    def tokens(self) -> int:
        """Real tokens in one pass over the texts."""
        return sum(map(len, self.input_ids))

    @property
    def most_turns(self) -> int:
        """Of a contestant, with the one to warm up."""
        return 1 + self.rounds * TRIES

    @property
    def matrix_weights(self) -> int:
        """Weights of the encoder that every token is multiplied with: 85 million for BERT-base."""
        hidden, wide = self.size['hidden_size'], self.size['intermediate_size']
        return self.size['num_hidden_layers'] * (4 * hidden**2 + 2 * hidden * wide)

    def first(self, count: int) -> 'Task':
        """The same task over fewer texts."""
        return replace(self, texts=self.texts[:count], input_ids=self.input_ids[:count], labels=self.labels[:count])


def read_tokenizer(vocab: Path):
    return TOKENIZERS.build(dict(type='BertVocabTokenizer', vocab_file=str(vocab)))


def read_texts(corpus: Path, tokenizer, count: int) -> dict[str, list]:
    """The first `count` sentences as `texts`, `input_ids` and `labels` of a Task."""
    with corpus.open(encoding='utf8') as lines:
        records = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
    return dict(
        texts=[record['text'] for record in records],
        input_ids=[[tokenizer.bos_id, *tokenizer.encode(record['text'])[0].tolist(), tokenizer.eos_id]
                   for record in records],
        labels=[[IGNORED, *tags(record), IGNORED] for record in records])


def tags(record: dict) -> list[int]:
    """A line of CLUENER to a tag for each character: 0 for O, then B and I of each category."""
    found = [0] * len(record['text'])
    for category, strings in record['label'].items():
        begin = 1 + 2 * CATEGORIES.index(category)
        for start, last in (place for places in strings.values() for place in places):
            found[start:last + 1] = [begin] + [begin + 1] * (last - start)
    return found


def save_weights(folder: Path, size: dict, vocab_size: int) -> None:
    """Random weights, the same every time."""
    from transformers import BertConfig, BertForTokenClassification
    torch.manual_seed(0)
    config = BertConfig(vocab_size=vocab_size, num_labels=1 + 2 * len(CATEGORIES), **size)
    BertForTokenClassification(config).save_pretrained(folder)
