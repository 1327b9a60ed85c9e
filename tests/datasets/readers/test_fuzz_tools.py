"""Readers of what annotation tools write, on mutated files: what is right is read, what is wrong is refused."""
import json
from random import Random

import pytest

from mmner.datasets import (
    LabelStudioMinReader,
    LabelStudioPredictionsReader,
    LabelStudioReader,
    SpacyReader,
    SpacyV2Reader,
)
from mmner.utils import InputError
from tests.strange import check_message, mutated, shown

TEXT = '王💩伟 in New York'
VALUE = dict(start=8, end=16, text='New York', labels=['x', 'y'])
RESULT = [dict(id='a', type='labels', from_name='l', to_name='text', value=VALUE, score=0.5),
          dict(id='b', type='labels', to_name='text', value=dict(start=0, end=4, text='王💩伟', labels=['z'])),
          dict(type='relation', from_id='a', to_id='b', direction='bi', labels=['r'])]
TASK = dict(id=7, data=dict(text=TEXT, title='a'), annotations=[
    dict(id=1, completed_by=dict(id=1, email='a'), was_cancelled=False, result=RESULT), dict(result=[])], predictions=[
    dict(model_version='m', result=RESULT)])
READERS = {
    LabelStudioReader: TASK, LabelStudioPredictionsReader: TASK,
    LabelStudioMinReader: dict(id=7, text=TEXT, label=[VALUE], annotator=dict(id=1), choice=dict(choices=['a'])),
    SpacyReader: dict(text=TEXT, ents=[dict(start=7, end=15, label='x'), [0, 3, 'y']], spans=dict(sc=[]), tokens=[
        dict(id=0, start=0, end=3), dict(start=3, end=4), dict(start=4, end=6), dict(start=7, end=15)]),
    SpacyV2Reader: dict(id=1, paragraphs=[dict(raw=TEXT, sentences=[dict(tokens=[
        dict(id=0, orth='王💩伟', space=' ', ner='U-x'), dict(orth='in', ner='O'), dict(orth='New', ner='B-y')]), dict(
            tokens=[dict(orth='York', ner='L-y')])])])}


@pytest.mark.parametrize('reader', READERS)
def test_mutated_files_are_read_or_refused(tmp_path, reader):
    random, outcomes = Random(3), []
    good = json.dumps(READERS[reader]).encode() + b'\n'
    assert len(list(reader()(written(tmp_path, good)))[0]['entities']) >= 2
    with open(tmp_path / 'train.json', 'wb', buffering=0) as stream:
        for _ in range(2000):
            line = mutated(random, READERS[reader])
            stream.seek(0)
            stream.write(good + line)
            stream.truncate()
            with shown(line):
                outcomes.append(outcome(reader, stream.name, 1 + len(line.split(b'\n'))))
    assert outcomes.count('read') > 100 and outcomes.count('refused') > 500


def written(tmp_path, content: bytes) -> str:
    (tmp_path / 'train.json').write_bytes(content)
    return str(tmp_path / 'train.json')


def outcome(reader, file: str, num_lines: int) -> str:
    """Whether a file is read; entities must lie within the text, a refusal must be one line that names its place."""
    try:
        for record in reader()(file):
            assert all(0 <= start < end <= len(record['text']) for _, start, end, *_ in record['entities'])
            assert all(0 <= place < len(record['entities']) for relation in record.get('relations', [])
                       for place in relation[1:])
            offsets = record.get('unit_offsets')
            assert offsets is None or ((offsets[:, 0] < offsets[:, 1]).all() and (offsets <= len(record['text'])).all())
    except InputError as error:
        check_message(str(error))
        place, _, number = str(error).split(': ')[0].rpartition(':')
        assert place == file and 1 <= int(number) <= num_lines
        return 'refused'
    return 'read'
