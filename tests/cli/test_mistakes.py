"""What a user can get wrong: each time one clear line, status 1, no stack trace."""
import os

import pytest
import torch
from mmengine.logging import HistoryBuffer

from mmner.cli import test as test_command
from mmner.cli import train as train_command
from mmner.cli.config import load_config
from mmner.registry import MODELS
from tests.runs import ROOT, forked_tool, tool, write_config

UNSAVED = dict(default_hooks='dict(checkpoint=dict(interval=9))')        # before the first validation


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Run `tools/train.py` or `tools/test.py` in this process; the one line that it says on stderr."""
    monkeypatch.setenv('MMNER_TRACEBACK', '0')

    def run(command, *arguments) -> str:
        status = command.main([*map(str, arguments), '--work-dir', str(tmp_path / 'run')])
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith('error: ')]
        assert (status, len(lines)) == (1, 1)
        assert not list((tmp_path / 'run').rglob('*.pth*')), 'something was written'
        return lines[0]

    return run


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path)


@pytest.fixture
def weights(config):
    """A checkpoint that fits the config and holds weights alone."""
    model = MODELS.build(load_config(str(config)).model)
    torch.save(dict(state_dict=model.state_dict()), config.with_name('weights.pth'))
    return config.with_name('weights.pth')


@pytest.mark.parametrize(('line', 'expected'), [
    ('{"text": "北京"', 'train.json:3: not valid JSON'),
    ('{"text": "北京", "label": {"address": {"北京": [[0, 2]]}}}',
     "train.json:3: 'address' '北京' at [0, 2] does not fit"),
    ('{"text": "北京", "label": {"planet": {"北京": [[0, 1]]}}}', "train.json:3: unknown category 'planet'"),
    ('{"text": "北京", "label": [1]}', 'train.json:3: "label" must be'),
])
def test_a_bad_line_is_named(run, config, line, expected):
    file = config.with_name('train.json')
    lines = file.read_text(encoding='utf8').split('\n')
    file.write_text('\n'.join([*lines[:2], line, *lines[2:]]), encoding='utf8')
    assert expected in run(train_command, config)


def test_missing_and_empty_files(run, config):
    config.with_name('dev.json').write_text('')
    assert 'dev.json: the file is empty' in run(train_command, config)
    config.with_name('train.json').unlink()
    assert 'train.json: No such file or directory; check the path' in run(train_command, config)
    line = run(train_command, 'bert_crf_cluener_5e')
    assert 'bert_crf_cluener_5e: no such config, as a path or in mmner; the nearest of its ' in line
    assert 'bert_crf_cluener_adamw_5e' in line and line.count(',') == 3
    assert 'absent.pth: no such checkpoint' in run(test_command, write_config(config.parent), 'absent.pth')


@pytest.mark.parametrize(('changes', 'expected'), [
    (dict(optimiser="dict(type='AdamW')"), "unknown key 'optimiser', which nothing would read; write 'optim_wrapper'"),
    (dict(lr_config='dict(step=[1])'), "write 'param_scheduler'"),
    (dict(train_dataloder='dict()'), "write 'train_dataloader'"),
    (dict(model='dict(encoder=dict(hiden_size=3))'), "unexpected keyword argument 'hiden_size'"),
    (dict(model="dict(neck=dict(type='LastTokenNeck', _delete_=True))"), 'LastTokenNeck is not in the'),
    (dict(optim_wrapper="dict(optimiser=dict(type='AdamW'))"), "unexpected keyword argument 'optimiser'"),
    (dict(param_scheduler="[dict(type='LinearLR', gama=1)]"), "unexpected keyword argument 'gama'"),
    (dict(val_evaluator="dict(style='loose')"), "style='loose' is unknown; choose one of mmocr, strict"),
    (dict(model="dict(precision='float8')"), "precision 'float8' is none of"),
    (dict(x='('), 'small.py:'),
    (dict(model="dict(objective=[dict(type='FGM'), dict(type='RDrop')])"), 'objective: is a list; give one, or write'),
    (dict(model="dict(encoder=dict(init_cfg=dict(type='Pretrained', checkpoint='absent/e5')))"),
     'absent/e5: no such file or folder; put the pretrained weights there, as docs/pretrained.md says'),
    (dict(val_dataloader='[dict(), dict()]'), 'small.py: val_dataloader is a list; give one, and join the annotation'),
    (dict(runner_type="'Runner'"), "runner_type='Runner' is no NERRunner, whose checkpoints alone can be read again"),
    (dict(optim_wrapper="dict(type='AmpOptimWrapper')"), 'AmpOptimWrapper has no effect, since the model sets its own'),
    (dict(optim_wrapper="dict(optimizer=dict(type='SGD', lr=0.1, _delete_=True))"),
     'optim_wrapper.optimizer: set weight_decay'),
    (dict(optim_wrapper="dict(optimizer=dict(type='torch.optim.AdamW2'))"),
     'optim_wrapper.optimizer: its type names no class'),
    (dict(train_cfg='dict(by_epoch=False, max_iters=25)'), 'small.py: Only one of `type` or `by_epoch` can exist'),
    (dict(auto_scale_lr='dict(enable=True)'), 'small.py: Lack of `base_batch_size` in `auto_scale_lr`.'),
    (dict(val_evaluator="[dict(type='SpanF1Metric'), dict(type='SpanF1Metric', style='mmocr')]", **UNSAVED),
     'small.py: There are multiple evaluation results with the same metric name span/f1'),
    (dict(model="dict(data_preprocessor=dict(type='BaseDataPreprocessor'))"),
     'small.py: Output of `data_preprocessor` should be list, tuple or dict'),
    (dict(default_hooks="dict(checkpoint=dict(interval=9, save_best='f1'))"),
     "NERCheckpointHook goes by 'f1', but the validation gives"),
    (dict(custom_hooks="[dict(type='NEREarlyStoppingHook', monitor='f1')]", **UNSAVED),
     "NEREarlyStoppingHook goes by 'f1', but the validation gives"),
    (dict(param_scheduler="[dict(type='ReduceOnPlateauLR', monitor='f1', rule='greater')]", **UNSAVED),
     "ReduceOnPlateauLR goes by 'f1', but the validation gives"),
])
def test_config_mistakes(run, tmp_path, changes, expected):
    message = run(train_command, write_config(tmp_path, **changes))
    assert expected in message


@pytest.mark.parametrize(('option', 'expected'), [
    ('train_cfg.epochs=3', "the config has no 'epochs' under 'train_cfg'; known there: type, max_epochs"),
    ('optimizer.lr=1', "the config has no 'optimizer' at the top"),
    ('data_root=mine', "--cfg-options data_root: 'data_root' is a name of the config file, which has put its value in"),
    ('param_scheduler.7.begin=1', "no '7' under 'param_scheduler'; known there: 0, 1"),
    ('model.decoder.tag_scheme.categories.0=name',
     'one value of a list cannot be set alone; write model.decoder.tag_scheme.categories=[A,B]'),
    ('param_scheduler.0=3', 'one value of a list cannot be set alone; write param_scheduler.0.KEY=VALUE'),
    ('train_cfg', 'expected KEY=VALUE'),
    ('train_cfg.max_epochs=[1,2', '--cfg-options train_cfg.max_epochs=[1,2: its brackets do not pair'),
])
def test_cfg_options_name_known_keys(run, config, option, expected):
    assert expected in run(train_command, config, '--cfg-options', option)


@pytest.mark.parametrize('options', [[], ['--amp']])
def test_a_config_without_a_model(run, options):
    name = 'configs/_base_/datasets/sample.py'
    assert run(train_command, ROOT / name, *options).endswith(f'{name}: has no model; give a config with one, not one '
                                                              'of _base_')


def test_a_config_without_a_test(run, tmp_path):
    config = write_config(tmp_path, test_dataloader='None', test_cfg='None')
    assert run(test_command, config, 'absent.pth', '--dump', tmp_path / 'a.jsonl') == (
        f'error: {config}: has no test_dataloader, test_cfg; name there the texts and the metric to test with')


@pytest.mark.parametrize('option', ['--dump=a.jsonl', '--report=a.html', '--int8'])
def test_entities_of_a_pretraining_config(run, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    config = ROOT / 'configs/pretraining/bert-tiny_mlm_sample_3e.py'
    assert run(test_command, config, 'absent.pth', option) == (
        f'error: {config}: its samples have no entities, being made for pretraining; give the config of an NER model')


def test_two_outputs_in_one_file(run, config):
    one, same = config.with_name('a'), config.parent / 'new/../a'
    assert run(test_command, config, 'absent.pth', '--dump', one, '--report', same) == (
        f'error: --report {same}: --dump writes there, too; give another file')


@pytest.mark.parametrize(('option', 'file', 'expected'), [
    ('--dump', '', ': is a folder; give a file'), ('--report', '', ': is a folder; give a file'),
    ('--dump', 'small.py/new/a.jsonl', ': Not a directory; give another file')])
def test_what_cannot_be_written_is_refused_before_the_test(run, config, option, file, expected):
    file = config.parent / file
    assert run(test_command, config, 'absent.pth', option, file) == f'error: {option} {file}{expected}'


@pytest.mark.parametrize(('option', 'name'), [
    ('--dump', 'baseline.jsonl'), ('--report', 'baseline.jsonl'), ('--dump', 'small.py'), ('--dump', 'dev.json'),
    ('--report', 'weights.pth')])
def test_what_the_test_reads_is_not_written_over(run, config, weights, option, name):
    baseline, file = config.with_name('baseline.jsonl'), config.with_name(name)
    baseline.write_text('{"text": "a", "entities": []}\n')
    before = file.read_bytes()
    assert run(test_command, config, weights, '--report', config.with_name('report.html'), '--baseline', baseline,
               option, file) == f'error: {file}: is read by this command; give another name'
    assert file.read_bytes() == before


def test_a_disk_that_is_full_when_predictions_are_written(run, config, weights):
    assert run(test_command, config, weights, '--dump', '/dev/full') == (
        'error: /dev/full: No space left on device; give another path, or see to its permissions and to room on the '
        'disk')


def test_checkpoints_that_do_not_fit(run, config):
    file = config.with_name('other.pth')
    torch.save(dict(state_dict={'encoder.embeddings.word.weight': torch.zeros(7, 32)}), file)
    message = run(test_command, config, file)
    assert 'does not fit the model; missing: ' in message and '(7, 32) instead of (' in message
    file.write_bytes(b'PK\x03\x04 not a checkpoint')
    assert 'other.pth: broken or not a checkpoint' in run(test_command, config, file)


def test_a_work_dir_that_cannot_be_made(config, tmp_path, capsys):
    (tmp_path / 'file').touch()
    for folder, reason in (('file/run', 'Not a directory'), ('file', 'File exists')):
        assert train_command.main([str(config), '--work-dir', str(tmp_path / folder)]) == 1
        assert capsys.readouterr().err == (f'error: {tmp_path}/{folder}: {reason}; give another path, or see to its '
                                           'permissions and to room on the disk\n')


def test_a_launcher_that_has_not_started_the_process(run, config):
    for launcher, starter in (('slurm', 'srun'), ('mpi', 'mpirun'), ('pytorch', 'torchrun or tools/dist_*.sh')):
        line = run(train_command, config, '--launcher', launcher)
        assert line.startswith(f'error: --launcher {launcher}: ') and line.endswith(f'start the command with {starter}')


@pytest.mark.parametrize('part', ['model', 'decoder'])
def test_a_part_that_reads_no_checkpoint_of_a_training(run, tmp_path, part):
    torch.save(dict(state_dict={}, message_hub=HistoryBuffer([0.5], [1])), tmp_path / 'epoch_1.old')
    init = f"dict(init_cfg=dict(type='Pretrained', checkpoint={str(tmp_path / 'epoch_1.old')!r}))"
    config = write_config(tmp_path, model=init if part == 'model' else f'dict({part}={init})')
    assert run(train_command, config) == (
        'error: init_cfg: only that of an encoder reads the checkpoint of a training; to start from a whole model set '
        'load_from')


def test_resume_from_weights_alone(run, config, weights):
    assert "weights.pth: holds no meta, message_hub, optimizer" in run(train_command, config, '--resume', weights)


def test_a_mistake_leaves_the_process_with_status_1_and_one_line(config):
    done = forked_tool('train.py', config, '--cfg-options', 'modle.precision=bfloat16')
    assert done.returncode == 1 and done.stdout == ''
    assert done.stderr.splitlines() == [
        line for line in done.stderr.splitlines() if line.startswith("error: --cfg-options modle.precision")]


def test_help_shows_an_example():
    done = tool('train.py', '--help')
    assert done.returncode == 0 and 'example: python tools/train.py configs/' in done.stdout


def test_opencv_without_libgl_says_what_to_install(config, tmp_path):
    """A `cv2` that fails to import as it does on a server without libGL."""
    (tmp_path / 'cv2.py').write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    done = tool('train.py', config, env={**os.environ, 'PYTHONPATH': str(tmp_path)})
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if 'libGL' in line] == done.stderr.splitlines()
    assert done.stderr.endswith('`pip uninstall -y opencv-python && pip install --force-reinstall --no-deps '
                                'opencv-python-headless`\n')
