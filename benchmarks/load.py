"""Throughput and answers of `mmner serve` under load, every answer checked against its own text.

    python benchmarks/load.py work_dirs/demo [--requests 10000] [--out benchmarks/results/load.json]
"""
import asyncio
import json
import re
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from statistics import quantiles

import machine

from mmner.apis import NERInferencer
from mmner.cli.errors import one_line_errors
from mmner.serving.limits import cost
from mmner.serving.server import allow_many_connections
from mmner.structures import Prediction

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / 'mmner/datasets/sample/train.json'
REQUEST = b'POST /predict HTTP/1.1\r\nHost: load\r\nContent-Length: %d\r\n\r\n%b'
CONNECTING = 256        # connections that are being made at once; a kernel's queue of them is short


def start(*command: str) -> tuple[subprocess.Popen, int]:
    """A server in a process of its own, and its port, once it is ready."""
    process = subprocess.Popen([sys.executable, 'tools/serve.py', *command, '--port', '0'], cwd=ROOT, text=True,
                               stdout=subprocess.PIPE)
    line = process.stdout.readline()
    if not line:
        raise SystemExit('the server did not start')
    port = int(line.rsplit(':', 1)[1])
    while asyncio.run(get(port, '/readyz'))[0] != 200:
        time.sleep(0.1)
    return process, port


async def get(port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    writer.write(f'GET {path} HTTP/1.1\r\nHost: load\r\n\r\n'.encode())
    answer = await read_answer(reader)
    writer.close()
    return answer


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body."""
    head = await reader.readuntil(b'\r\n\r\n')
    length = int(re.search(rb'content-length: (\d+)', head, re.I)[1])
    return int(head.split()[1]), await reader.readexactly(length)


class Connection:
    """A connection that asks for texts, one after the other, and notes what came back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader = reader
        self.writer = writer

    async def ask(self, text: str, outcomes: list[tuple[str, int, bytes, float]]) -> None:
        body = json.dumps(dict(text=text), ensure_ascii=False).encode()
        begin = time.perf_counter()
        self.writer.write(REQUEST % (len(body), body))
        status, answer = await read_answer(self.reader)
        outcomes.append((text, status, answer, time.perf_counter() - begin))

    async def ask_all(self, texts, outcomes: list) -> None:
        for text in texts:
            await self.ask(text, outcomes)


async def connect(port: int, count: int) -> list[Connection]:
    gate = asyncio.Semaphore(CONNECTING)

    async def one() -> Connection:
        async with gate:
            return Connection(*await asyncio.open_connection('127.0.0.1', port))

    return await asyncio.gather(*(one() for _ in range(count)))


async def put_load(port: int, texts: list[str], num_connections: int) -> tuple[list, float]:
    """Ask for all texts over some connections at once: outcomes and seconds, connecting not counted."""
    connections, outcomes, remaining = await connect(port, num_connections), [], iter(texts)
    begin = time.perf_counter()
    await asyncio.gather(*(connection.ask_all(remaining, outcomes) for connection in connections))
    seconds = time.perf_counter() - begin
    for connection in connections:
        connection.writer.close()
    return outcomes, seconds


def is_right(text: str, answer: bytes, expected: Prediction) -> bool:
    """Whether an answer is about its text and says what the inferencer does, up to the rounding of scores."""
    found = json.loads(answer)
    return found['text'] == text and [(row['label'], row['start'], row['end']) for row in found['entities']] == \
        [entity.span for entity in expected.entities] and all(
            abs(row['score'] - entity.score) < 0.01 for row, entity in
            zip(found['entities'], expected.entities, strict=True))


def summary(outcomes: list, seconds: float, expected: dict[str, Prediction]) -> dict:
    """What became of the requests; "wrong" and "lost" must be 0."""
    cuts = quantiles([taken * 1000 for *_, taken in outcomes], n=100)
    return dict(
        requests=len(expected), statuses=dict(Counter(str(status) for _, status, _, _ in outcomes)),
        lost=len(expected.keys() - {text for text, *_ in outcomes}),
        wrong=sum(status == 200 and not is_right(text, answer, expected[text])
                  for text, status, answer, _ in outcomes),
        seconds=round(seconds, 2), answers_per_second=round(len(outcomes) / seconds, 1),
        milliseconds=dict(median=round(cuts[49], 1), p99=round(cuts[98], 1)))


def memory(process: subprocess.Popen, field: str) -> int:
    """MiB of a process: `VmRSS` now, `VmHWM` at its highest."""
    return int(re.search(rf'{field}:\s+(\d+)', Path(f'/proc/{process.pid}/status').read_text())[1]) // 1024


def measure(command: list[str], name: str, texts: list[str], num_connections: int, expected: dict) -> dict:
    """Load on a fresh server, which has to be ready and to stop at once after it."""
    process, port = start(*command)
    try:
        asyncio.run(put_load(port, texts[:20], 4))
        before = memory(process, 'VmRSS')
        row = summary(*asyncio.run(put_load(port, texts, num_connections)), {text: expected[text] for text in texts})
        row |= dict(name=name, connections=num_connections, memory_mib=dict(
            before=before, highest=memory(process, 'VmHWM')), ready_after=asyncio.run(get(port, '/readyz'))[0])
        process.terminate()
        row['exit_status'] = process.wait(10)
        print(json.dumps(row), flush=True)
        return row
    finally:
        process.kill()
        process.wait()


@one_line_errors
def main() -> int:
    parser = ArgumentParser(description='Measure how the server stands load; checks every answer.')
    parser.add_argument('model', help='work dir of a training')
    parser.add_argument('--requests', type=int, default=10_000, help='concurrent requests (default: %(default)s)')
    parser.add_argument('--one-by-one', type=int, default=1000, metavar='N',
                        help='requests for the throughputs (default: %(default)s)')
    parser.add_argument('--precision', help='of the model, as in `mmner serve`')
    parser.add_argument('--out', type=Path, default=ROOT / 'benchmarks/results/load.json')
    args = parser.parse_args()
    allow_many_connections()
    command = [args.model, *(['--precision', args.precision] if args.precision else [])]
    sentences = [json.loads(line)['text'] for line in SAMPLE.read_text(encoding='utf8').splitlines()]
    texts = [f'{number}号，{sentences[number % len(sentences)]}' for number in range(args.requests)]
    expected = {prediction.text: prediction
                for prediction in NERInferencer(args.model, precision=args.precision)(texts)}
    # Half of the queue, which is what one client may hold, is half of the texts.
    small_queue = ['--max-texts', '1', '--max-characters', '1000', '--max-queue', str(sum(map(cost, texts)))]
    some = texts[:args.one_by_one]
    rows = [measure(command, 'one at a time', some, 1, expected),
            measure(command, '64 at a time', some, 64, expected),
            measure(command, 'all at once', texts, len(texts), expected),
            measure([*command, *small_queue], 'all at once, small queue', texts, len(texts), expected)]
    speedup = round(rows[1]['answers_per_second'] / rows[0]['answers_per_second'], 2)
    print(f'batching: {speedup} times the throughput of one at a time')
    args.out.write_text(json.dumps(dict(machine.describe('cpu'), model=args.model, speedup=speedup, rows=rows),
                                   indent=2) + '\n')
    return int(any(row['lost'] or row['wrong'] or row['exit_status'] for row in rows))


if __name__ == '__main__':
    sys.exit(main())
