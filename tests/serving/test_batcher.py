import asyncio
import time

import pytest

pytest.importorskip('prometheus_client')

from mmner.serving.batcher import Batcher, predict_each  # noqa: E402
from mmner.serving.errors import Refusal  # noqa: E402
from mmner.serving.limits import Limits  # noqa: E402
from mmner.serving.metrics import Metrics  # noqa: E402
from mmner.structures import Prediction  # noqa: E402
from mmner.utils import InputError  # noqa: E402


class Recorder:
    """A model that takes 20 ms for a batch, notes it, and fails on 'x'."""

    def __init__(self):
        self.batches = []

    def __call__(self, texts):
        self.batches.append(texts)
        time.sleep(0.02)
        if 'x' in texts:
            raise ValueError('x')
        return [Prediction(text, []) for text in texts]


def batch_up(script, **limits) -> tuple[list, list]:
    """Run `script(batcher)` beside the batcher: what it returns, and the batches."""
    model = Recorder()
    small = dict(max_texts=1, max_characters=1, max_queue=200, max_batch_tokens=12)

    async def main():
        batcher = Batcher(model, limits=Limits(**small | limits), metrics=Metrics())
        running = asyncio.create_task(batcher.run())
        try:
            return await asyncio.wait_for(script(batcher), 10)
        finally:
            running.cancel()
            assert batcher.queued == 0 and not batcher.held and not batcher.waiting

    return asyncio.run(main()), model.batches


def test_texts_of_several_requests_share_batches_in_order():
    async def script(batcher):
        jobs = [batcher.submit(texts, 'a') for texts in (['aaa', 'bbb', 'ccc'], ['d' * 30], ['', 'e'])]
        return [[result.text for result in await job.done] for job in jobs]

    answers, batches = batch_up(script)
    assert answers == [['aaa', 'bbb', 'ccc'], ['d' * 30], ['', 'e']]
    # A text counts 2 more than its characters, a batch holds 12; the long text goes alone.
    assert batches == [['aaa', 'bbb'], ['ccc'], ['d' * 30], ['', 'e']]


def test_what_nobody_waits_for_is_dropped():
    async def script(batcher):
        first, left, last = (batcher.submit([text] * 2, 'a') for text in ('first', 'left', 'last'))
        await asyncio.sleep(0.01)
        left.done.cancel()
        return [len(await job.done) for job in (first, last)]

    answers, batches = batch_up(script)
    assert answers == [2, 2] and batches == [['first'], ['first'], ['last', 'last']]


def test_half_of_the_queue_is_for_one_client():
    async def script(batcher):
        jobs, statuses = [], []
        for client, length in (('a', 98), ('a', 1), ('b', 88), ('b', 9), ('c', 8)):     # 100 of a, 90 of b, 10 of c
            try:
                jobs.append(batcher.submit(['z' * length], client))
                statuses.append(200)
            except Refusal as refusal:
                statuses.append(refusal.status)
        await asyncio.gather(*(job.done for job in jobs))
        batcher.submit(['z' * 98], 'a').done.cancel()       # all of it is free again
        await asyncio.sleep(0.05)
        return statuses

    assert batch_up(script)[0] == [200, 429, 200, 503, 200]


def test_only_the_culprit_fails():
    model = Recorder()
    results = predict_each(model, ['a', 'x', 'b'])
    assert [type(result) for result in results] == [Prediction, ValueError, Prediction]
    assert model.batches == [['a', 'x', 'b'], ['a'], ['x'], ['b']]


@pytest.mark.parametrize('limits', [dict(max_texts=0), dict(max_queue=1000), dict(max_characters=600_000)])
def test_limits_that_cannot_be(limits):
    with pytest.raises(InputError, match='must be at least 1|lower the others'):
        Limits(**limits)
