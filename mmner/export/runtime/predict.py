#!/usr/bin/env python3
"""Find entities in texts: those given, or the lines of stdin. Prints a line of JSON for each:
{"text": ..., "entities": [{"label", "start", "end", "text", "score"}, ...]}, offsets in characters, ends exclusive.

It stands in a folder that mmner exported and needs onnxruntime, sentencepiece and numpy alone. In Python:

    predictor = Predictor('the folder')
    predictor(['王伟在北京大学', '他走了。'])      # a list of entities for each text
"""
import json
import os
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from onnxruntime import InferenceSession, SessionOptions

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE))      # so that a program elsewhere can import this file

from text_to_tokens import TOKENIZERS  # noqa: E402
from values_to_entities import DECODERS  # noqa: E402

LONE_SURROGATE = re.compile('[\ud800-\udfff]')      # what UTF-8 cannot hold; read as U+FFFD
TEXTS_AHEAD = 1024          # texts of like length meet in a batch
MAX_TOKENS = 4096           # in a batch, padding counted
MAX_THREADS = 1024          # onnxruntime makes all of them at once
MAX_VALUES = 2 ** 26        # of the texts that are read together; float32, so 256 MiB


class InputError(Exception):
    """One line: what cannot be read, where it stands and what to do."""


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

    Raises:
        InputError: A file of the folder is missing or damaged.
    """

    def __init__(self, folder: str | Path = HERE, model: str = 'model.onnx', threads: int = 0):
        folder = Path(folder)
        options = SessionOptions()
        options.intra_op_num_threads = threads
        self.config = loaded(folder / 'config.json', lambda file: json.loads(file.read_text(encoding='utf8')))
        self.tokenizer = loaded(folder / 'tokenizer.model',
                                lambda file: TOKENIZERS[self.config['tokenizer']](file, self.config))
        self.session = loaded(folder / model,
                              lambda file: InferenceSession(str(file), options, providers=['CPUExecutionProvider']))
        self.decoder = DECODERS[self.config['decoder']](self.config)

    def __call__(self, texts: list[str]) -> list[list[dict]]:
        """The entities of each text: dicts of label, start, end, text and score.

        Raises:
            InputError: It is no list of strings.
        """
        if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
            raise InputError('give a list of texts, which are strings; [text] for one')
        return list(chain.from_iterable(map(self.read, groups(texts, MAX_VALUES // self.config['num_values']))))

    def read(self, texts: list[str]) -> list[list[dict]]:
        """The entities of each text; the values of all are in memory together."""
        values = [np.zeros((len(text), self.config['num_values']), np.float32) for text in texts]
        sequences = [sequence for index, text in enumerate(texts) for sequence in self.sequences(index, text)]
        for batch in batches(sequences):
            borders = np.cumsum([len(sequence.unit_ids) for sequence in batch])[:-1]
            for sequence, part in zip(batch, np.split(self.values(batch), borders), strict=True):
                values[sequence.text][sequence.characters] = part
        return [self.entities(text, of_text) if text else [] for text, of_text in zip(texts, values, strict=True)]

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

    def values(self, batch: list[Sequence]) -> np.ndarray:
        """What the decoder reads (axis 1) of each character of the batch (axis 0)."""
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

    def entities(self, text: str, values: np.ndarray) -> list[dict]:
        rows = self.decoder(values)
        scores = at_temperature(np.array([row[3] for row in rows], float), self.config['temperature'])
        return [dict(label=label, start=int(start), end=int(end), text=text[start:end], score=round(score, 6))
                for (label, start, end, _), score in zip(rows, scores.tolist(), strict=True)]


def loaded(file: Path, load: Callable[[Path], Any]) -> Any:
    """What `load` makes of a file of the folder.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return load(file)
    except Exception as error:      # those of onnxruntime share no other class
        reason = getattr(error, 'strerror', None) or ' '.join(str(error).split())
        raise InputError(f'{file}: cannot be read ({reason}); export the folder again') from error


def at_temperature(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Scores with their log-odds divided by the temperature that was fitted to the model."""
    with np.errstate(divide='ignore'):      # of 0 and 1, which stay, the log-odds are infinite
        log_odds = (np.log(scores) - np.log1p(-scores)) / temperature
    odds = np.exp(-np.abs(log_odds))
    return np.where(log_odds > 0, 1, odds) / (1 + odds)


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


def groups(texts: list[str], max_characters: int) -> Iterator[list[str]]:
    """Neighbouring texts of at most so many characters together; a longer one stands alone."""
    group, count = [], 0
    for text in texts:
        count += len(text)
        if group and count > max_characters:
            yield group
            group, count = [], len(text)
        group.append(text)
    yield group


def read_stdin(is_jsonl: bool) -> Iterator[dict]:
    """The lines of stdin as {"text"}, or "text" and, if there is one, "id" of each that is not blank.

    Raises:
        InputError: A line cannot be read.
    """
    for number, raw in enumerate(sys.stdin.buffer, 1):
        try:
            line = raw.decode('utf-8-sig' if number == 1 else 'utf-8')
        except UnicodeDecodeError as error:
            raise InputError(f'stdin:{number}: not UTF-8 ({error.reason}); convert it, e.g. with `iconv -f gb18030 -t '
                             'utf-8` (after -f the encoding that it has)') from error
        if not is_jsonl:
            yield dict(text=line.removesuffix('\n').removesuffix('\r'))
        elif line.strip():
            yield record_of(line, f'stdin:{number}')


def record_of(line: str, where: str) -> dict:
    try:
        record = json.loads(line, object_pairs_hook=to_dict)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get('text'), str):
        raise InputError(f'{where}: not a JSON object with "text" and each key once: {line.strip()[:80]!r}; '
                         'write {"text": "..."}')
    return {key: record[key] for key in ('id', 'text') if key in record}


def to_dict(pairs: list[tuple[str, object]]) -> dict:
    """A JSON object; Python's own way would drop all but the last value of a repeated key."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def stdin_chunks(is_jsonl: bool) -> Iterator[list[dict]]:
    """Lists of what `read_stdin` gives, of one text at a terminal.

    Raises:
        InputError: A line cannot be read; the texts before it have been given.
    """
    size = 1 if sys.stdin.isatty() else TEXTS_AHEAD
    chunk = []
    try:
        for record in read_stdin(is_jsonl):
            chunk.append(record)
            if len(chunk) == size:
                yield chunk
                chunk = []
    except InputError:
        yield chunk
        raise
    yield chunk


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('text', nargs='*', help='a text; without any, the lines of stdin')
    parser.add_argument('--jsonl', action='store_true', help='a line of stdin is JSON with "text"; an "id" is kept')
    parser.add_argument('--model', default='model.onnx', help='model_int8.onnx for 8 bits')
    parser.add_argument('--threads', type=int, default=0, help='default: one a core')
    parser.add_argument('--speed', action='store_true', help='print texts a second on stderr')
    args = parser.parse_args()
    if not Path(HERE, args.model).is_file():
        parser.error(f'--model {args.model}: no such file in {HERE}')
    if not 0 <= args.threads <= MAX_THREADS:
        parser.error(f'--threads {args.threads}: give a number from 0 to {MAX_THREADS}')
    for text in args.text:
        if any('\udc80' <= character <= '\udcff' for character in text):    # what Python puts for a strange byte
            parser.error(f'{text!r:.60}: not in {sys.getfilesystemencoding()}; give it to stdin in UTF-8')
    sys.stdout.reconfigure(encoding='utf8', errors='backslashreplace')      # a lone surrogate as JSON spells it
    predictor = Predictor(HERE, args.model, args.threads)
    count, seconds = 0, 0.0
    given = [dict(text=text) for text in args.text]
    for chunk in [given] if given else stdin_chunks(args.jsonl):
        begin = time.perf_counter()
        found = predictor([record['text'] for record in chunk])
        seconds += time.perf_counter() - begin
        count += len(chunk)
        for record, entities in zip(chunk, found, strict=True):
            print(json.dumps(record | dict(entities=entities), ensure_ascii=False))
    if args.speed:
        print(f'{count / max(seconds, 1e-9):.1f} texts/s', file=sys.stderr)


if __name__ == '__main__':
    try:
        main()
        sys.stdout.flush()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        print('error: interrupted', file=sys.stderr)
        sys.exit(130)
    except OSError as error:        # whoever reads stdout has left, or its disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            sys.exit(f'error: {error}')
