import asyncio
import logging

from starlette.requests import Request

from mmner.apis import NERInferencer
from mmner.serving.batcher import Batcher, Job, Result, predict_each
from mmner.serving.bodies import Bodies
from mmner.serving.errors import Refusal, busy
from mmner.serving.limits import Limits
from mmner.serving.messages import Message, answer, parse_message
from mmner.serving.metrics import Metrics
from mmner.utils import InputError

WARM_UP = ['王伟在北京大学', '他走了。' * 50]


class Service:
    """Answer requests for predictions, from start to drain.

    Args:
        inferencer (NERInferencer): Finds the entities; only one thread uses it.
        limits (Limits): What to refuse.

    Attributes:
        is_warm (bool): The model has read its first texts, so that no client pays for that.
        is_draining (bool): What was taken is answered, anything new refused.
        taken (int): Requests that wait for the model.
        has_failed (bool): The model could not be warmed up, or its task ended by itself.
    """

    def __init__(self, inferencer: NERInferencer, limits: Limits):
        self.inferencer = inferencer
        self.limits = limits
        self.metrics = Metrics()
        self.batcher = Batcher(inferencer, limits=limits, metrics=self.metrics)
        self.bodies = Bodies(limits)
        self.is_warm = self.is_draining = self.has_failed = False
        self.taken = 0
        self.model_task: asyncio.Task | None = None

    def start(self) -> None:
        """Warm the model up, then let it read; in the background."""
        self.model_task = asyncio.create_task(self.run())

    async def run(self) -> None:
        for result in await asyncio.get_running_loop().run_in_executor(
                self.batcher.thread, predict_each, self.inferencer, WARM_UP):
            if isinstance(result, Exception) and not isinstance(result, InputError):    # such as "too long" is fine
                raise result
        self.is_warm = True
        await self.batcher.run()

    async def stop(self) -> None:
        self.model_task.cancel()
        await asyncio.wait([self.model_task])
        if not self.model_task.cancelled():
            self.has_failed = True
            logging.getLogger('mmner').error('the model thread ended', exc_info=self.model_task.exception())
        self.batcher.thread.shutdown(cancel_futures=True)

    @property
    def is_alive(self) -> bool:
        return self.model_task is not None and not self.model_task.done()

    @property
    def is_ready(self) -> bool:
        return self.is_alive and self.is_warm and not self.is_draining

    @property
    def is_drained(self) -> bool:
        return self.is_draining and not self.taken

    async def predict(self, request: Request) -> bytes:
        """The body of the answer to a request.

        Raises:
            Refusal: There is none; it says why.
        """
        message = parse_message(await self.bodies.read(request), self.limits, self.inferencer.categories)
        if self.is_draining:
            raise busy(503, 'the server is stopping; send it to another one, or again later')
        job = self.batcher.submit(message.texts, request.client.host if request.client else '')
        self.taken += 1
        watch = asyncio.create_task(give_up_with_client(request, job))
        try:
            return answer(message, checked(await job.done, message))
        finally:
            watch.cancel()
            self.taken -= 1


async def give_up_with_client(request: Request, job: Job) -> None:
    """Wait until the client has left; then nobody waits for the job any more."""
    while (await request.receive())['type'] != 'http.disconnect':
        pass
    if not job.done.done():
        job.done.set_exception(Refusal(499, 'the client left'))


def checked(results: list[Result], message: Message) -> list:
    """The predictions.

    Raises:
        Refusal: A text has none.
    """
    for number, result in enumerate(results, 1):
        where = 'the text' if message.is_single else f'text {number}'
        if isinstance(result, InputError):
            raise Refusal(422, f'{where}: {result}')
        if isinstance(result, Exception):
            raise Refusal(500, f'the model failed on {where}; the log of the server says why')
    return results
