import re

from tests.runs import forked_tool

CONFIG = 'configs/bert_softmax/bert_softmax_cluener_18e.py'


def test_published_run_end_to_end_in_small(shared, tmp_path):
    """The published config from MMOCR's pretrained encoder to a tested checkpoint: all of it, with a tiny encoder."""
    golden, vocab = shared / 'golden/mmocr_063', shared / 'vocab/bert-base-chinese/vocab.txt'
    options = [
        'model.encoder.hidden_size=16', 'model.encoder.num_layers=2', 'model.encoder.num_heads=2',
        'model.encoder.intermediate_size=32', 'model.decoder.hidden_size=16', 'train_cfg.max_epochs=3',
        f'model.encoder.init_cfg.checkpoint={golden}/bert_pretrain_legacy.pth', 'default_hooks.logger.interval=1',
        *(f'{split}_dataloader.dataset.{key}={value}' for split in ('train', 'val', 'test') for key, value in (
            ('data_root', golden), ('ann_file', 'texts.jsonl'), ('pipeline.0.tokenizer.vocab_file', vocab)))]
    trained = forked_tool('train.py', CONFIG, '--work-dir', tmp_path, '--cfg-options', *options)
    assert trained.returncode == 0, trained.stderr
    losses = [float(loss) for loss in re.findall(r' loss: (\S+)', trained.stdout)]
    assert len(losses) == 3 * 64 // 8 and losses[-1] < losses[0]
    rates = re.findall(r' lr: (\S+)', trained.stdout)
    assert set(rates) == {'5.0000e-01'}, 'Adadelta with a rate of 0.5 before epoch 8'
    tested = forked_tool('test.py', CONFIG, tmp_path / 'epoch_3.pth', '--work-dir', tmp_path, '--cfg-options', *options)
    assert tested.returncode == 0, tested.stderr
    tables = re.findall(r'\| all .*', trained.stdout + tested.stdout)
    assert len(tables) == 4 and tables[-1] == tables[-2] and tables[-1].split('|')[-2].strip() == '130'
