#!/usr/bin/env python3
"""Find entities in texts: those given, or the lines of stdin. Prints a line of JSON for each:
{"text": ..., "entities": [{"label", "start", "end", "text", "score"}, ...]}, offsets in characters, ends exclusive.

It stands in a folder that mmner exported and needs onnxruntime, sentencepiece and numpy alone. In Python:

    predictor = Predictor('the folder')
    predictor(['王伟在北京大学', '他走了。'])      # a list of entities for each text
"""
import json
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from sentencepiece import SentencePieceProcessor

HERE = Path(__file__).parent
LONE_SURROGATE = re.compile('[\ud800-\udfff]')      # what UTF-8 cannot hold; read as U+FFFD
SPACE = '▁'
TEXTS_AHEAD = 1024          # texts of like length meet in a batch
MAX_TOKENS = 4096           # in a batch, padding counted


class CharacterTokenizer:
    """A token for each character of the text, in lower case if the model wants it."""

    def __init__(self, model_file: Path, config: dict):
        self.processor = SentencePieceProcessor(model_file=str(model_file))
        self.unk_id, self.lowercase = config['unk_id'], config['lowercase']
        self.unit_id = cache(self._unit_id)

    def encode(self, text: str) -> tuple[list[int], np.ndarray]:
        """A text of C characters to T ids and (C,) the token of each character."""
        parts = text.lower() if self.lowercase else text
        if len(parts) != len(text):                     # 'İ' is two characters in lower case
            parts = [character.lower() for character in text]
        lengths = np.array([len(part) for part in parts], int)
        return [self.unit_id(character) for part in parts for character in part], np.cumsum(lengths) - lengths

    def _unit_id(self, character: str) -> int:
        piece_id = self.processor.piece_to_id(character.lower() if self.lowercase else character)
        return self.unk_id if self.processor.is_control(piece_id) else piece_id


class PieceTokenizer:
    """The pieces of a SentencePiece model."""

    def __init__(self, model_file: Path, config: dict):
        self.processor = SentencePieceProcessor(model_file=str(model_file))
        self.unk_id = config['unk_id']
        self.ids = np.arange(self.processor.get_piece_size()) + config['id_shift']
        self.ids[:len(config['first_ids'])] = config['first_ids']
        self.unit_id = cache(self._unit_id)

    def encode(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """A text of C characters to (T,) ids and (C,) the token of each; -1 for one before all tokens."""
        found = self.processor.encode(text, return_type='offset_mapping')
        offsets = np.array(found['offsets'], int).reshape(-1, 2)
        tokens = np.full(len(text), len(offsets) - 1)
        if len(offsets):
            start, end = offsets[0, 0], offsets[-1, 1]
            tokens[:start] = -1
            tokens[start:end] = np.repeat(np.arange(len(offsets)), offsets[:, 1] - offsets[:, 0])
        return self.ids[np.array(found['ids'], int)], tokens

    def _unit_id(self, character: str) -> int:
        normalized = self.processor.normalize(character).strip(SPACE)
        for piece in (normalized, SPACE + normalized):
            index = self.processor.piece_to_id(piece)
            if not any(kind(index) for kind in (
                    self.processor.is_unknown, self.processor.is_control, self.processor.is_byte)):
                return int(self.ids[index])
        return self.unk_id


TOKENIZERS = dict(characters=CharacterTokenizer, pieces=PieceTokenizer)


def windows(num_tokens: int, capacity: int, overlap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(W,) starts and (W,) ends of overlapping windows, and (num_tokens,) the window that answers for each token."""
    if num_tokens <= capacity:
        return np.array([0]), np.array([num_tokens]), np.zeros(num_tokens, int)
    starts = np.arange(0, num_tokens - overlap, capacity - overlap)
    starts[-1] = num_tokens - capacity
    ends = starts + capacity
    seams = (starts[1:] + ends[:-1]) // 2
    return starts, ends, np.searchsorted(seams, np.arange(num_tokens), side='right')


class Sequence(NamedTuple):
    """A window of a text: what the model reads at once, and the characters that it answers for."""
    text: int                       # place of the text in its list
    characters: slice
    input_ids: np.ndarray           # with the first and the last token
    unit_to_token: np.ndarray       # the token of each of the characters
    unit_ids: np.ndarray            # the id of each character alone
    unit_places: np.ndarray         # how many characters of the same token come before it


class Predictor:
    """The exported model.

    Args:
        folder: Where it lies.
        model: The file of the model, `model_int8.onnx` for 8 bits.
        threads: Of onnxruntime; 0 for one a core.
    """

    def __init__(self, folder: str | Path = HERE, model: str = 'model.onnx', threads: int = 0):
        folder = Path(folder)
        self.config = json.loads((folder / 'config.json').read_text(encoding='utf8'))
        self.tokenizer = TOKENIZERS[self.config['tokenizer']](folder / 'tokenizer.model', self.config)
        options = SessionOptions()
        options.intra_op_num_threads = threads
        self.session = InferenceSession(str(folder / model), options, providers=['CPUExecutionProvider'])
        self.labels = [tag['label'] for tag in self.config['tags']]
        self.begins, self.ends = (np.array([tag[name] for tag in self.config['tags']]) for name in ('begins', 'ends'))
        self.allowed, self.allowed_start, self.allowed_end = (
            np.array(self.config[name], bool) for name in ('allowed', 'allowed_start', 'allowed_end'))

    def __call__(self, texts: list[str]) -> list[list[dict]]:
        """The entities of each text: dicts of label, start, end, text and score."""
        scores = [np.zeros((len(text), len(self.labels)), np.float32) for text in texts]
        sequences = [sequence for index, text in enumerate(texts) for sequence in self.sequences(index, text)]
        for batch in batches(sequences):
            borders = np.cumsum([len(sequence.unit_ids) for sequence in batch])[:-1]
            for sequence, part in zip(batch, np.split(self.log_probs(batch), borders), strict=True):
                scores[sequence.text][sequence.characters] = part
        return [self.entities(text, of_text) if text else [] for text, of_text in zip(texts, scores, strict=True)]

    def sequences(self, index: int, text: str) -> Iterator[Sequence]:
        """Cut a text into what the model can read."""
        text = LONE_SURROGATE.sub('\ufffd', text)
        ids, tokens = self.tokenizer.encode(text)
        unit_ids = np.array([self.tokenizer.unit_id(character) for character in text], int)
        places = places_in_runs(tokens)
        starts, ends, owner = windows(len(ids), self.config['max_length'] - 2, self.config['overlap'])
        owners = np.append(owner, 0)[tokens]            # (C,); -1, before all tokens, is the appended 0
        borders = np.searchsorted(owners, np.arange(len(starts) + 1))
        for start, end, first, last in zip(starts, ends, borders, borders[1:], strict=False):
            if first < last:
                own = slice(first, last)
                input_ids = np.concatenate([[self.config['bos_id']], ids[start:end], [self.config['eos_id']]])
                yield Sequence(index, own, input_ids.astype(int), tokens[own] - start + 1, unit_ids[own], places[own])

    def log_probs(self, batch: list[Sequence]) -> np.ndarray:
        """The log probability of every tag (axis 1) for each character of the batch (axis 0)."""
        lengths = np.array([len(sequence.input_ids) for sequence in batch])
        key_mask = np.arange(lengths.max()) < lengths[:, None]
        shifts = np.repeat(np.cumsum(lengths) - lengths, [len(sequence.unit_ids) for sequence in batch])
        joined = {name: np.concatenate([getattr(sequence, name) for sequence in batch])
                  for name in ('input_ids', 'unit_to_token', 'unit_ids', 'unit_places')}
        joined['unit_to_token'] += shifts
        inputs = joined | dict(key_mask=key_mask, position_ids=key_mask.nonzero()[1],
                               grid_index=np.flatnonzero(key_mask))
        return self.session.run(None, {
            given.name: inputs[given.name].astype(bool if given.name == 'key_mask' else np.int64)
            for given in self.session.get_inputs()})[0]

    def entities(self, text: str, log_probs: np.ndarray) -> list[dict]:
        tags = self.valid_tags(log_probs)
        probs = np.exp(log_probs[np.arange(len(tags)), tags]).astype(float)
        borders = [place for place in range(len(tags)) if self.is_border(tags, place)] + [len(tags)]
        return [dict(label=self.labels[tags[start]], start=start, end=end, text=text[start:end],
                     score=round(float(probs[start:end].prod()), 6))
                for start, end in zip(borders, borders[1:], strict=False) if self.labels[tags[start]] is not None]

    def is_border(self, tags: np.ndarray, place: int) -> bool:
        """Whether something else than before begins at a place: an entity, or the text between two."""
        before, tag = tags[place - 1], tags[place]
        return place == 0 or self.begins[tag] or self.ends[before] or self.labels[before] != self.labels[tag]

    def valid_tags(self, log_probs: np.ndarray) -> np.ndarray:
        """The best tag of each character if they may follow each other, else the best that may."""
        tags = log_probs.argmax(axis=1)
        if self.allowed_start[tags[0]] and self.allowed_end[tags[-1]] and self.allowed[tags[:-1], tags[1:]].all():
            return tags
        transitions, start, end = (np.where(allowed, 0, -np.inf).astype(log_probs.dtype) for allowed in
                                   (self.allowed, self.allowed_start, self.allowed_end))
        best, origins = log_probs[0] + start, []        # of the paths that end in each tag (Viterbi's algorithm)
        for emission in log_probs[1:]:
            scores = best[:, None] + transitions
            origins.append(scores.argmax(axis=0))
            best = scores.max(axis=0) + emission
        path = [(best + end).argmax()]
        for origin in reversed(origins):
            path.append(origin[path[-1]])
        return np.array(path[::-1])


def places_in_runs(values: np.ndarray) -> np.ndarray:
    """For each value of a non-decreasing array, how many equal ones stand before it."""
    return np.arange(len(values)) - np.searchsorted(values, values)


def batches(sequences: list[Sequence]) -> Iterator[list[Sequence]]:
    """Batches of sequences of like length."""
    ordered = sorted(sequences, key=lambda sequence: len(sequence.input_ids), reverse=True)
    while ordered:
        size = max(1, MAX_TOKENS // len(ordered[0].input_ids))
        yield ordered[:size]
        ordered = ordered[size:]


def read_stdin(is_jsonl: bool) -> Iterator[str]:
    """The lines of stdin, or the "text" of each of them."""
    sys.stdin.reconfigure(encoding='utf8', newline='\n')
    try:
        for line in sys.stdin:
            text = json.loads(line)['text'] if is_jsonl else line.removesuffix('\n').removesuffix('\r')
            if not isinstance(text, str):
                raise TypeError
            yield text
    except UnicodeDecodeError as error:
        sys.exit(f'error: stdin is not UTF-8 ({error.reason}); convert it, e.g. with `iconv -t utf-8`')
    except (ValueError, KeyError, TypeError):
        sys.exit(f'error: stdin: not a JSON object with "text": {line.strip()[:80]}')


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('text', nargs='*', help='a text; without any, the lines of stdin')
    parser.add_argument('--jsonl', action='store_true', help='a line of stdin is JSON with "text"')
    parser.add_argument('--model', default='model.onnx', help='model_int8.onnx for 8 bits')
    parser.add_argument('--threads', type=int, default=0, help='default: one a core')
    parser.add_argument('--speed', action='store_true', help='print texts a second on stderr')
    args = parser.parse_args()
    sys.stdout.reconfigure(encoding='utf8', errors='backslashreplace')      # a lone surrogate as JSON spells it
    predictor = Predictor(HERE, args.model, args.threads)
    texts, count, seconds = iter(args.text) if args.text else read_stdin(args.jsonl), 0, 0.0
    for first in texts:
        chunk = list(chain([first], islice(texts, TEXTS_AHEAD - 1)))
        begin = time.perf_counter()
        found = predictor(chunk)
        seconds += time.perf_counter() - begin
        count += len(chunk)
        for text, entities in zip(chunk, found, strict=True):
            print(json.dumps(dict(text=text, entities=entities), ensure_ascii=False))
    if args.speed:
        print(f'{count / max(seconds, 1e-9):.1f} texts/s', file=sys.stderr)


if __name__ == '__main__':
    main()
