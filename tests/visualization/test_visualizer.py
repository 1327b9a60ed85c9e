import pytest

from mmner.structures import Entity, NERDataSample
from mmner.visualization.visualizer import NERVisualizer, as_markdown

SAMPLE = NERDataSample(index=0, text='<b>王伟', entities=[Entity('name', 3, 5)], predicted=[Entity('name', 4, 5, 0.5)])


def test_a_page_in_the_run_s_folder(tmp_path):
    visualizer = NERVisualizer('page', save_dir=str(tmp_path))
    visualizer.add_datasamples('val_epoch', [SAMPLE, SAMPLE], 3)
    visualizer.add_datasamples('one', [SAMPLE])
    assert sorted(file.name for file in (tmp_path / 'vis_data').iterdir()) == ['one_0.html', 'val_epoch_3.html']
    page = (tmp_path / 'vis_data/val_epoch_3.html').read_text(encoding='utf8')
    assert page.count('<li>') == 2 and 'correct 0, missed 2, spurious 2' in page


def test_markdown_is_a_block_of_code():
    sample = NERDataSample(index=0, text='*a*\nb\ud800', entities=[Entity('x', 4, 5)])
    assert as_markdown(sample) == '    gold       *a*\n    [b]x\\ud800\n    predicted  *a*\n    b\\ud800\n'


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    NERVisualizer('nowhere').add_datasamples('one', [SAMPLE])
    assert not list(tmp_path.iterdir())


def test_tensorboard_shows_gold_and_prediction(tmp_path):
    pytest.importorskip('tensorboard')
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    visualizer = NERVisualizer('board', vis_backends=[dict(type='TensorboardVisBackend')], save_dir=str(tmp_path))
    for step in (1, 2):
        visualizer.add_datasamples('val_epoch', [SAMPLE], step)
    visualizer.close()
    events = EventAccumulator(str(tmp_path / 'vis_data')).Reload().Tensors('val_epoch/text_summary')
    assert [event.step for event in events] == [1, 2]
    assert events[1].tensor_proto.string_val[0].decode('utf8') == (
        '    gold       <b>[王伟]name\n    predicted  <b>王[伟]name\n')
