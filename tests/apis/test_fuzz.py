"""NERInferencer on 12,000 strange texts and 2,000 broken files, with models of which one knows what they find."""
import io
import json
from pathlib import Path
from random import Random

import pytest
import sentencepiece

from mmner.apis import NERInferencer
from mmner.apis.dictionary import Dictionary
from mmner.structures import Entity
from mmner.tokenizers import SentencePieceTokenizer
from mmner.utils import InputError
from tests.known_model import LABELS, known_entities, write_known_model, write_model
from tests.strange import as_json, long_texts, mutated, shown, strange_text

MAX_TOKENS = 120        # six windows; longer texts are read in several parts


@pytest.fixture(scope='module')
def known(tmp_path_factory) -> tuple[Path, Path]:
    return write_known_model(tmp_path_factory.mktemp('known'))


@pytest.fixture(scope='module')
def inferencer(known):
    return NERInferencer(*known, 'cpu', max_tokens=MAX_TOKENS)


def draw_texts(seed: int, count: int) -> list[str]:
    """Strange texts, one in ten of them long."""
    random = Random(seed)
    return [strange_text(random, random.choice([12] * 9 + [100])) for _ in range(count)]


def check(prediction, text: str, expected: list[Entity]) -> None:
    with shown(text):
        assert prediction.text == text and prediction.entities == expected
        record = json.loads(prediction.to_json().encode('utf8', 'backslashreplace'))
        assert len(record['entities']) == len(expected)
        for row in prediction.to_dict()['entities']:
            assert row['text'] == text[row['start']:row['end']] != ''


@pytest.mark.parametrize('split', [False, True])
def test_a_stream_of_strange_texts(known, split):
    inferencer = NERInferencer(*known, 'cpu', max_tokens=MAX_TOKENS, split_sentences=split)
    texts = draw_texts(int(split), 5000)
    predictions = inferencer(iter(texts))
    for text in texts:
        check(next(predictions), text, known_entities(text))
    assert not list(predictions)
    assert len({label for text in texts for label, *_ in known_entities(text)}) == len(LABELS)


def test_pieces_of_several_characters(tmp_path):
    """With SentencePiece every unit on a piece that holds 王, 京 or k is an entity."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(['王伟在北京大学的学生', 'New York king k', '[MASK] 王伟 <s>'] * 9), model_writer=model,
        vocab_size=60, hard_vocab_limit=False, minloglevel=2, num_threads=1, pad_id=3)
    (tmp_path / 'a.model').write_bytes(model.getvalue())
    tokenizer = SentencePieceTokenizer(model_file=str(tmp_path / 'a.model'))
    pieces = tokenizer.processor.id_to_piece(list(range(tokenizer.vocab_size)))
    labels = {index: LABELS[letter] for letter in '王京k' for index, piece in enumerate(pieces) if letter in piece}
    assert any(len(pieces[index]) > 2 for index in labels)
    files = write_model(tmp_path, dict(type='SentencePieceTokenizer', model_file=str(tmp_path / 'a.model')),
                        tokenizer.vocab_size, labels)
    texts = draw_texts(2, 2000)
    for text, prediction in zip(texts, NERInferencer(*files, 'cpu', max_tokens=MAX_TOKENS)(texts), strict=True):
        input_ids, unit_to_token = tokenizer.encode(text)
        found = [labels.get(input_ids[token]) if token >= 0 else None for token in unit_to_token]
        check(prediction, text, [Entity(label, start, start + 1, 1.0) for start, label in enumerate(found) if label])


def test_a_line_of_a_megabyte(known, tmp_path):
    inferencer = NERInferencer(*known, 'cpu')
    line = json.dumps(dict(text=long_texts(Random(3))[0]))
    (tmp_path / 'a.jsonl').write_text(line)
    (prediction, ), text = inferencer(tmp_path / 'a.jsonl'), json.loads(line)['text']
    assert prediction.text == text and prediction.entities == known_entities(text)


def test_mutated_json_lines(inferencer, tmp_path):
    random, file, outcomes = Random(4), tmp_path / 'a.jsonl', []
    for _ in range(1000):
        texts = [strange_text(random, 5) for _ in range(2)]
        lines = [as_json(random, dict(text=texts[0])), *mutated(random, dict(text=texts[1], id=7)).split(b'\n')]
        with shown(lines), open(file, 'wb') as stream:
            stream.write(b'\n'.join(lines))
            stream.flush()
            outcomes.append(outcome(inferencer, file, [json.loads(line)['text'] for line in valid(lines)], len(lines)))
    assert outcomes.count('read') > 100 and outcomes.count('refused') > 500


def valid(lines: list[bytes]) -> list[bytes]:
    """The lines from the first on that are JSON with a text; blank ones are left out."""
    found = []
    for line in lines:
        try:
            if line.decode().strip():
                found += [line] if isinstance(json.loads(line)['text'], str) else []
        except (ValueError, LookupError, TypeError, RecursionError):
            break
    return found


def outcome(inferencer, file: Path, texts: list[str], num_lines: int) -> str:
    """Read a file; its predictions are about these texts, or an error names one of its lines."""
    try:
        for text, prediction in zip(texts, inferencer(file), strict=True):
            check(prediction, text, known_entities(text))
        return 'read'
    except InputError as error:
        message = str(error)
        assert len(message.splitlines()) == 1 and len(message) < 1000 + len(str(file))
        message.encode()
        place, _, number = message.split(': ')[0].rpartition(':')
        assert place == str(file) and 2 <= int(number) <= num_lines
        return 'refused'


def test_files_of_strange_lines(inferencer, tmp_path):
    """A line ends at a line feed alone, with or without a carriage return; the first that is not UTF-8 is named."""
    random, file = Random(5), tmp_path / 'a.txt'
    for _ in range(1000):
        content = '\n'.join(strange_text(random, 3) for _ in range(4)).encode('utf8', 'surrogatepass')
        lines = content.removesuffix(b'\n').split(b'\n') if content else []
        broken = [number for number, line in enumerate(lines, 1) if not is_utf8(line)]
        with shown(content), open(file, 'wb') as stream:
            stream.write(content)
            stream.flush()
            if broken:
                with pytest.raises(InputError, match=rf'^{file}:{broken[0]}: not UTF-8'):
                    list(inferencer(file))
                continue
            texts = [line.removesuffix(b'\r').decode() for line in lines]
            texts[:1] = [text.removeprefix('\ufeff') for text in texts[:1]]
            for text, prediction in zip(texts, inferencer(file), strict=True):
                check(prediction, text, known_entities(text))


def is_utf8(line: bytes) -> bool:
    try:
        line.decode()
        return True
    except UnicodeDecodeError:
        return False


def test_dictionaries_of_strange_strings():
    """What a dictionary forces stands in the text; no two entities overlap; a free occurrence is never left."""
    random = Random(6)
    for _ in range(1000):
        text = strange_text(random)
        spans = [sorted(random.choices(range(len(text) + 1), k=2)) for _ in range(4)]
        entries = {text[start:end] or 'x': random.choice(['name', 'book', '-']) for start, end in spans}
        with shown((text, entries)):
            entities = Dictionary(entries, ['name', 'book', *LABELS.values()])(text, known_entities(text))
            forced = [text[start:end] for label, start, end, *_ in entities if entries.get(text[start:end]) == label]
            assert all(entity.start < entity.end for entity in entities) and bool(forced) >= any(
                label != '-' and string in text for string, label in entries.items())
            assert all(one.end <= other.start for one, other in zip(entities, entities[1:], strict=False))
            assert not any(entries.get(text[start:end]) == '-' for _, start, end, *_ in entities)
