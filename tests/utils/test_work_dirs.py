from mmner.utils.work_dirs import chosen_checkpoint, latest_checkpoint


def test_latest_checkpoint_goes_by_number(tmp_path):
    assert latest_checkpoint(str(tmp_path)) is None
    for name in ('epoch_9.pth', 'epoch_10.pth', 'epoch_11.pth.part', 'best_span_f1_epoch_12.pth'):
        (tmp_path / name).touch()
    assert latest_checkpoint(str(tmp_path)) == str(tmp_path / 'epoch_10.pth')


def test_the_newest_of_the_best_or_else_the_last(tmp_path):
    assert chosen_checkpoint(tmp_path) is None
    for names, expected in ((('epoch_2.pth', 'epoch_12.pth'), 'epoch_12.pth'), (
            ('best_span_f1_epoch_9.pth', 'best_span_f1_epoch_10.pth'), 'best_span_f1_epoch_10.pth')):
        for name in names:
            (tmp_path / name).touch()
        assert chosen_checkpoint(tmp_path) == tmp_path / expected


def test_a_longer_run_before_leaves_higher_numbers(tmp_path):
    for name in ('epoch_5.pth', 'best_span_f1_epoch_5.pth', 'epoch_2.pth'):
        (tmp_path / name).touch()
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/run/epoch_2.pth')
    assert latest_checkpoint(str(tmp_path)) == str(tmp_path / 'epoch_2.pth')
    (tmp_path / 'best_span_f1_epoch_2.pth').touch()
    assert chosen_checkpoint(tmp_path) == tmp_path / 'best_span_f1_epoch_2.pth'
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/run/epoch_7.pth')
    assert latest_checkpoint(str(tmp_path)) == str(tmp_path / 'epoch_5.pth')


def test_files_of_other_names_are_none_of_a_run(tmp_path):
    (tmp_path / 'best_model.pth').touch()
    assert chosen_checkpoint(tmp_path) is None
