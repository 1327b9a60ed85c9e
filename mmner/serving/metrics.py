from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
CHARACTERS = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 65536)


class Metrics:
    """What `/metrics` tells: requests, batches and the queue, and the process's own memory and CPU time."""

    def __init__(self):
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.registry = registry
        self.requests = Counter('mmner_requests', 'Requests to /predict by status; 499: the client left', ['status'],
                                registry=registry)
        self.request_seconds = Histogram('mmner_request_seconds', 'From the head of a request to its answer',
                                         buckets=SECONDS, registry=registry)
        self.batch_seconds = Histogram('mmner_batch_seconds', 'How long the model read a batch', buckets=SECONDS,
                                       registry=registry)
        self.batch_texts = Histogram('mmner_batch_texts', 'Texts in a batch', buckets=TEXTS, registry=registry)
        self.batch_characters = Histogram('mmner_batch_characters', 'Characters in a batch', buckets=CHARACTERS,
                                          registry=registry)
        self.queue_texts = Gauge('mmner_queue_texts', 'Texts that wait for the model', registry=registry)
        self.queue_characters = Gauge('mmner_queue_characters', 'What they count against --max-queue',
                                      registry=registry)

    @contextmanager
    def batch(self, texts: Sequence[str]) -> Iterator[None]:
        """Count a batch and time it."""
        self.batch_texts.observe(len(texts))
        self.batch_characters.observe(sum(map(len, texts)))
        with self.batch_seconds.time():
            yield

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self.registry)
