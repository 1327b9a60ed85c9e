import logging
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path

import torch

from mmner.apis.batching import buffered, cut_by_length
from mmner.apis.building import build_pipeline, choose_device
from mmner.apis.dictionary import Dictionary
from mmner.apis.model_source import find_model
from mmner.apis.parts import Part, cut_between_windows
from mmner.apis.sentences import split_sentences as sentence_spans
from mmner.apis.text_files import texts_in
from mmner.apis.thresholds import Thresholds
from mmner.datasets import pack_samples
from mmner.datasets.transforms.split_words import SplitWords, words
from mmner.models.checkpoint import trained_model
from mmner.structures import Entity, Prediction
from mmner.utils import InputError
from mmner.utils.bfloat16 import bfloat16_speedup

# How far a stream reads ahead, so that texts of like length meet in a batch.
BUFFERED_BATCHES = 32
BUFFERED_TEXTS = 4096


class NERInferencer:
    """Find entities in texts.

        inferencer = NERInferencer('work_dirs/demo')
        inferencer('王伟在北京大学')                             # a Prediction
        inferencer(['王伟在北京大学', '他走了。'])                # a list of them
        for prediction in inferencer(Path('corpus.txt')):       # lazily, a line is a text
            print(prediction.to_json())

    A text is read as evaluation reads it: the pipeline of `test_dataloader` cuts it into the same tokens and, if it is
    long, into the same overlapping windows. Entities are in offsets of the text as given.

    Args:
        model (str | Path): A config file, the work dir of a training, or a name of the model zoo.
        weights (str | Path, optional): Path or URL of a checkpoint. None: the best of the work dir, or else the last;
            those of the zoo.
        device (str, optional): 'cpu', 'cuda', 'cuda:1'. None: CUDA where there is any.
        precision (str, optional): 'float32', 'bfloat16' or 'int8', in which what is found in a text depends on the
            others of its batch. None: that of the config, but 'float32' on a CPU that is slower in its 'bfloat16'.
        max_tokens (int): Tokens in a batch, padding counted; it bounds the memory that the model takes.
        thresholds (float | Mapping[str, float], optional): See `Thresholds`.
        dictionary (Mapping[str, str] | str | Path, optional): See `Dictionary`; thresholds do not touch what it forces.
        split_sentences (bool): Read each sentence on its own, see `split_sentences`.

    Attributes:
        categories (tuple[str, ...]): The labels that an entity can have.
        files (tuple[Path, Path]): Its config and its weights.
        words (Callable[[str], Iterator[tuple[int, int]]], optional): Where the words of a text begin and end, for a
            model whose units are words; None where they are characters.

    Raises:
        InputError: Something that was given cannot be used.
    """

    def __init__(self, model: str | Path, weights: str | Path | None = None, device: str | None = None, *,
                 precision: str | None = None, max_tokens: int = 4096,
                 thresholds: float | Mapping[str, float] | None = None,
                 dictionary: Mapping[str, str] | str | Path | None = None, split_sentences: bool = False):
        if type(max_tokens) is not int or max_tokens < 1:
            raise InputError(f'max_tokens={max_tokens!r}: a batch has a whole number of tokens, at least 1')
        source, device = find_model(model, weights), choose_device(device)
        self.files = source.config_file, source.weights
        self.pipeline = build_pipeline(source)
        self.model = trained_model(source.config, str(source.config_file), source.weights, precision).to(device)
        if precision is None and self.model.precision == 'bfloat16' and bfloat16_speedup(device) < 1:
            self.model.precision = 'float32'
        self.categories = self.model.decoder.categories
        self.words = words if any(isinstance(transform, SplitWords) for transform in self.pipeline) else None
        self.corrections = [correction(given, self.categories) for correction, given in
                            ((Thresholds, thresholds), (Dictionary, dictionary)) if given is not None]
        self.max_tokens = max_tokens
        self.spans_of = sentence_spans if split_sentences else whole

    def __call__(self, inputs: str | list | tuple | Path | Iterable[str]):
        """Find the entities of one text or of many.

        Args:
            inputs: A string is a text. A list or tuple of strings gives a list. A Path is a file in which a line is a
                text, a `.json`, `.jsonl` or `.ndjson` file of objects with "text", of which the predictions have the
                "id", or a folder of `.txt` files, of which they have file and line; it and any other iterable of
                strings, an endless one too, give an iterator, which reads 4096 texts ahead at most, so that those of
                like length meet in a batch; `map(inferencer, source)` reads none, for a source that waits for answers.

        Returns:
            Prediction | list[Prediction] | Iterator[Prediction]: In the order of the texts.

        Raises:
            InputError: A path leads nowhere, a line cannot be read, an input is no string; in a stream, where that is
                read.
        """
        if isinstance(inputs, str):
            (prediction,) = self.stream([('text', inputs)])
            return prediction
        if isinstance(inputs, Path):
            return self.stream(texts_in([inputs]))
        # Of a dict or a table the keys would be read for texts.
        if isinstance(inputs, (Mapping, bytes, bytearray)) or hasattr(inputs, 'columns') or \
                not isinstance(inputs, Iterable):
            raise InputError('give a string, a Path or an iterable of strings, this is of type '
                             f'{type(inputs).__name__}')
        predictions = self.stream((f'text {number}', text) for number, text in enumerate(inputs, 1))
        return list(predictions) if isinstance(inputs, (list, tuple)) else predictions

    def stream(self, texts: Iterable[tuple]) -> Iterator[Prediction]:
        """Tuples (place, which an error names; text; source, if any) to predictions, lazily and in order."""
        documents = ((text, source, list(self.parts(text, where))) for where, text, *source in texts)
        try:
            for group in buffered(documents, size, BUFFERED_BATCHES * self.max_tokens, BUFFERED_TEXTS):
                self.predict(part for *_, parts in group for part in parts)
                for text, source, parts in group:
                    entities = self.corrected(text, [entity for part in parts for entity in part.entities])
                    yield Prediction(text, entities, *source)
        finally:
            self.log_findings()

    def parts(self, text: str, where: str) -> Iterator[Part]:
        """What the model has to read of a text."""
        if not isinstance(text, str):
            raise InputError(f'{where}: a text must be a string, this is of type {type(text).__name__}')
        for start, end in self.spans_of(text):
            sample = dict(text=text[start:end], entities=[], where=where, sample_idx=0)
            for transform in self.pipeline:
                sample = transform(sample)
            part = Part(sample, start)
            if not part.num_units:
                continue
            if part.num_tokens > self.max_tokens:
                yield from cut_between_windows(sample, start, self.max_tokens)
            else:
                yield part

    def predict(self, parts: Iterable[Part]) -> None:
        """Let the model read parts, batch by batch; what it finds stands in their samples."""
        for batch in cut_by_length(parts, attrgetter('size'), self.max_tokens):
            with torch.inference_mode():
                self.model.test_step(pack_samples([part.sample for part in batch]))

    def corrected(self, text: str, entities: list[Entity]) -> list[Entity]:
        for correction in self.corrections:
            entities = correction(text, entities)
        return entities

    def log_findings(self) -> None:
        """Log what the pipeline could not keep of the texts, such as what `on_long='truncate'` cut."""
        for transform in self.pipeline:
            if hasattr(transform, 'report'):
                for line in transform.report.take():
                    logging.getLogger('mmner').warning(line)


def whole(text: str) -> list[tuple[int, int]]:
    """The span of a text as its only sentence; an empty text has none."""
    return [(0, len(text))] if text else []


def size(document: tuple[str, list, list[Part]]) -> int:
    return sum(part.size for part in document[2])
