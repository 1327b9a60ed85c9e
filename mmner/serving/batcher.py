import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from mmner.serving.errors import busy
from mmner.serving.limits import Limits, cost
from mmner.serving.metrics import Metrics
from mmner.structures import Prediction
from mmner.utils import InputError

Predict = Callable[[list[str]], list[Prediction]]
Result = Prediction | Exception


class Job:
    """The texts of one request, which may be read in different batches, and what becomes of each.

    Attributes:
        done (Future[list[Result]]): Set when the last text was read. Once it is done otherwise, nobody waits, and
            texts that are not being read are dropped.
    """

    def __init__(self, texts: Sequence[str], client: str):
        self.texts = texts
        self.client = client
        self.results: list[Result | None] = [None] * len(texts)
        self.remaining = len(texts)
        self.done = asyncio.get_running_loop().create_future()
        if not texts:
            self.done.set_result([])

    def resolve(self, index: int, result: Result) -> None:
        self.results[index] = result
        self.remaining -= 1
        if self.remaining == 0 and not self.done.done():
            self.done.set_result(self.results)


class Batcher:
    """Gather the texts of all requests into batches for one thread that runs the model.

    There is no waiting for a batch to fill: while the model reads one, the next gathers.

    Args:
        predict: Texts to predictions, in order.
        limits (Limits): `max_queue`, `max_client_queue` and `max_batch_tokens` count here.
        metrics (Metrics): Told of batches and of the queue.
    """

    def __init__(self, predict: Predict, *, limits: Limits, metrics: Metrics):
        self.predict = predict
        self.limits = limits
        self.metrics = metrics
        self.waiting: deque[tuple[Job, int]] = deque()
        self.held: Counter[str] = Counter()         # characters that wait, by client
        self.queued = 0                             # the sum of them
        self.arrived = asyncio.Event()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix='model')

    def submit(self, texts: Sequence[str], client: str) -> Job:
        """Queue texts.

        Raises:
            Refusal: 503 if the queue is full, 429 if this client holds its share of it.
        """
        total = sum(map(cost, texts))
        if self.queued + total > self.limits.max_queue:
            raise busy(503, 'the server is busy and its queue is full; try again later')
        if self.held[client] + total > self.limits.max_client_queue:
            raise busy(429, 'too many texts of yours are waiting; send fewer at once')
        job = Job(texts, client)
        self.waiting.extend((job, index) for index in range(len(texts)))
        self.count(client, total)
        self.arrived.set()
        return job

    def count(self, client: str, characters: int) -> None:
        """Add to what waits, or take from it."""
        self.queued += characters
        self.held[client] += characters
        if not self.held[client]:
            del self.held[client]
        self.metrics.queue_characters.set(self.queued)
        self.metrics.queue_texts.set(len(self.waiting))

    def take(self) -> list[tuple[Job, int]]:
        """The texts that have waited longest, as many as a batch holds; those that nobody waits for are dropped."""
        batch, size = [], 0
        while self.waiting:
            job, index = self.waiting[0]
            length = cost(job.texts[index])
            abandoned = job.done.done()
            if not abandoned and batch and size + length > self.limits.max_batch_tokens:
                break
            self.waiting.popleft()
            self.count(job.client, -length)
            if not abandoned:
                batch.append((job, index))
                size += length
        return batch

    async def run(self) -> None:
        """Let the model read what arrives, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self.arrived.wait()
            batch = self.take()
            if not batch:
                self.arrived.clear()
                continue
            texts = [job.texts[index] for job, index in batch]
            with self.metrics.batch(texts):
                results = await loop.run_in_executor(self.thread, predict_each, self.predict, texts)
            for (job, index), result in zip(batch, results, strict=True):
                job.resolve(index, result)


def predict_each(predict: Predict, texts: list[str]) -> list[Result]:
    """What becomes of each text. If the model fails on a batch, each text is tried alone, so only the culprit fails."""
    try:
        results = predict(texts)
        if len(results) != len(texts):
            raise RuntimeError(f'{len(results)} predictions for {len(texts)} texts')
        return results
    except Exception as error:
        if len(texts) == 1:
            if not isinstance(error, InputError):
                logging.getLogger('mmner').exception('the model failed on a text of %d characters', len(texts[0]))
            return [error]
    return [predict_each(predict, [text])[0] for text in texts]
