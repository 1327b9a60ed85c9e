"""The server on 10,000 strange and broken requests over real connections: every answer is right or a refusal."""
import asyncio
import json
import socket
from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest

pytest.importorskip('fastapi')
pytest.importorskip('uvicorn')
pytest.importorskip('prometheus_client')
httpx = pytest.importorskip('httpx')

from tests.known_model import LABELS, known_entities, write_known_model  # noqa: E402
from tests.serving.servers import Running, running  # noqa: E402
from tests.strange import as_json, break_bytes, long_texts, mutated, shown, strange_text  # noqa: E402

HEAD = b'POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n'
CONNECTIONS = 16
BURST = 1000


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    """A server whose answers are known; nothing that it is asked may make it write a stack trace."""
    config, weights = write_known_model(tmp_path_factory.mktemp('known'))
    with running('tools/serve.py', config, '--weights', weights, '--port', 0) as server:
        yield server
        server.process.terminate()
        assert 'Traceback' not in server.process.communicate()[1]


def connect(server: Running) -> tuple[str, int]:
    host, port = server.url.removeprefix('http://').split(':')
    return host, int(port)


async def ask(server: Running, bodies: Iterable[bytes], check) -> None:
    """Post bodies over kept connections, some at a time; `check(body, status, answer)` each."""
    waiting = iter(bodies)

    async def work() -> None:
        reader, writer = await asyncio.open_connection(*connect(server))
        for body in waiting:
            with shown(body):
                writer.write(HEAD % len(body) + body)
                head = await asyncio.wait_for(reader.readuntil(b'\r\n\r\n'), 60)
                length = int(head.lower().split(b'content-length:')[1].split(b'\r\n')[0])
                check(body, int(head.split()[1]), json.loads(await reader.readexactly(length)))
        writer.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


def in_bursts(server: Running, bodies: list[bytes], check) -> None:
    """Ask all; after every burst the server must be ready and answer an ordinary request."""
    for begin in range(0, len(bodies), BURST):
        asyncio.run(ask(server, bodies[begin:begin + BURST], check))
        check_well(server)


def check_well(server: Running) -> None:
    assert httpx.get(f'{server.url}/readyz').status_code == 200
    answer = server.post(dict(text='王a京'))
    assert answer.status_code == 200 and answer.json() == expected_answer(dict(text='王a京'))


def expected_answer(message: dict) -> dict:
    """What the known model makes of a message, whose threshold no score, all of them 1, can miss."""
    records = [dict(text=text, entities=[
        dict(label=label, start=start, end=end, text=text[start:end], score=score)
        for label, start, end, score, _ in known_entities(text)])
        for text in message.get('texts', [message.get('text')])]
    return dict(results=records) if 'texts' in message else records[0]


def strange_message(random: Random) -> dict:
    message = dict(texts=[strange_text(random, 8) for _ in range(random.randrange(4))]) if random.random() < 0.3 else \
        dict(text=strange_text(random))
    if random.random() < 0.3:
        message['threshold'] = random.choice([None, 0, 0.5, 0.99, {}, {random.choice(list(LABELS.values())): 0.99}])
    return message


def test_strange_texts_are_answered(server):
    def check(body: bytes, status: int, answer: dict) -> None:
        assert status == 200 and answer == expected_answer(json.loads(body))

    random = Random(1)
    in_bursts(server, [as_json(random, strange_message(random)) for _ in range(5000)], check)


def test_mutated_requests_are_answered_or_refused(server):
    statuses = Counter()

    def check(body: bytes, status: int, answer: dict) -> None:
        statuses[status] += 1
        assert (status == 400) == (not is_json(body))
        if status == 200:
            assert answer == expected_answer(json.loads(body))
        else:
            assert status in (400, 413, 422) and list(answer) == ['detail']
            assert len(answer['detail'].splitlines()) == 1 and len(answer['detail']) < 1000

    random = Random(2)
    in_bursts(server, [mutated(random, strange_message(random)) for _ in range(5000)], check)
    assert statuses[200] > 200 and statuses[400] > 2000 and statuses[422] > 500


def is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode())
        return True
    except (ValueError, RecursionError):
        return False


def test_a_line_of_a_megabyte_is_refused_and_one_of_the_limit_answered(server):
    for text in long_texts(Random(3)):
        for length, statuses in ((len(text), (413, 422)), (60_000, (200, ))):
            body = as_json(Random(0), dict(text=text[:length]))
            answer = httpx.post(f'{server.url}/predict', content=body, timeout=60)
            assert answer.status_code in statuses
        assert json.loads(answer.content) == expected_answer(json.loads(body))
    check_well(server)


def test_broken_http(server):
    """Requests with broken bytes in their heads, too: an answer that is no 5xx, or none."""
    random, statuses = Random(4), Counter()
    for _ in range(300):
        body = as_json(random, dict(text='王'))
        request = bytearray(HEAD % len(body) + body)
        for _ in range(random.randrange(1, 4)):
            break_bytes(random, request)
        with shown(bytes(request)), socket.create_connection(connect(server), 10) as connection:
            answer = exchange(connection, request)
            assert not answer or answer.startswith(b'HTTP/1.1 ')
            statuses[answer[9:10]] += 1
    assert set(statuses) <= {b'', b'2', b'4'} and statuses[b'4'] > 100
    check_well(server)


def exchange(connection: socket.socket, request: bytes) -> bytes:
    """The beginning of the answer; nothing where the server hung up before the end of the request."""
    try:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(100)
    except ConnectionError:
        return b''
