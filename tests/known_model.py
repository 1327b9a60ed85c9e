"""A model of which one knows without a computer what it finds: some characters are entities, wherever they stand."""
from pathlib import Path

import torch
from mmengine.config import Config

from mmner.registry import MODELS
from mmner.structures import Entity
from tests.runs import ROOT, write_whole

# Lone surrogates are read as U+FFFD, and all is looked up in lower case, the Kelvin sign too.
LABELS = {'王': 'name', '京': 'address', 'k': 'game', '😀': 'book', '\ufffd': 'movie', '\u2028': 'scene',
          '▁': 'company', '\u0301': 'position', ' ': 'government', '>': 'organization'}
WINDOW = 20         # tokens, so that texts of a few words are cut into windows


def write_known_model(folder: Path) -> tuple[Path, Path]:
    """Config and weights of a model that finds `LABELS`, each character alone, with score 1."""
    pieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *LABELS, '\u0307', *'abcßﬁ北大学龘é', '王伟']
    (folder / 'vocab.txt').write_bytes('\n'.join(pieces).encode())
    tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(folder / 'vocab.txt'))
    return write_model(folder, tokenizer, len(pieces), {pieces.index(piece): label for piece, label in LABELS.items()})


def write_model(folder: Path, tokenizer: dict, vocab_size: int, labels: dict[int, str]) -> tuple[Path, Path]:
    """Config and weights of a model for which units of these token ids are entities, and no others."""
    config = Config.fromfile(ROOT / 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py')
    categories = config.categories
    hidden_size = 1 + len(categories)       # a dimension for what is no entity, one for each category
    config.test_dataloader.dataset.pipeline[0] = dict(
        type='Tokenize', tokenizer=tokenizer, max_length=WINDOW, overlap=6)
    config.model.encoder.update(vocab_size=vocab_size, hidden_size=hidden_size, num_layers=0, num_heads=1)
    config.model.decoder.hidden_size = hidden_size
    write_whole(config, folder / 'known.py')
    model = MODELS.build(dict(config.model) | dict(_scope_='mmner'))
    weights = {key: torch.zeros_like(value) for key, value in model.state_dict().items()}
    weights['encoder.embeddings.norm.weight'] += 1
    kinds = torch.tensor([categories.index(labels[index]) + 1 if index in labels else 0 for index in range(vocab_size)])
    weights['encoder.embeddings.word.weight'] += torch.eye(hidden_size)[kinds]
    tags = model.decoder.tag_scheme.tags
    for kind, tag in enumerate(['O', *(f'B-{category}' for category in categories)]):
        weights['decoder.classifier.weight'][tags.index(tag), kind] = 100
    torch.save(dict(state_dict=weights), folder / 'known.pth')
    return folder / 'known.py', folder / 'known.pth'


def known_entities(text: str) -> list[Entity]:
    """What the model of `write_known_model` finds in a text."""
    read = ('\ufffd' if '\ud800' <= character <= '\udfff' else character.lower()[0] for character in text)
    return [Entity(LABELS[character], start, start + 1, 1.0) for start, character in enumerate(read)
            if character in LABELS]
