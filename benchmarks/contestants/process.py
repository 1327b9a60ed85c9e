"""Contestants as processes that work when it is their turn and otherwise sleep."""
import os
import time
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from contestants import Contestant
from contestants.task import TRIES, Task
from mmner.utils import InputError

MIB = 2**20
STAT = Path('/proc/stat')
DISTURBED = 0.05        # of the processors taken by others, from which on a turn is repeated


class Turns:
    """A contestant's side of the pipe: it waits for its turn, works, and reports how long that took.

    Args:
        connection (Connection): To the process that gives the turns.
        device (str): 'cpu' or 'cuda'.
    """

    def __init__(self, connection: Connection, device: str):
        self.connection = connection
        self.device = device
        self.report = dict(ready=True)

    def begin(self) -> None:
        """Hand in the last report, wait for the turn and start the clock. Ends the process when there is no turn."""
        self.connection.send(self.report)
        if not self.connection.recv():
            raise SystemExit
        self.others = others_seconds()
        self.clock = self.now()

    def finish(self) -> None:
        """Stop the clock."""
        seconds = self.now() - self.clock
        others = (others_seconds() - self.others) / (seconds * os.cpu_count())
        self.report = dict(seconds=seconds, others=max(others, 0.0), peak_mib=self.peak())

    def repeat(self, work) -> None:
        """Call `work()` at every turn."""
        while True:
            self.begin()
            work()
            self.finish()

    def now(self) -> float:
        if self.device == 'cuda':
            torch.cuda.synchronize()
        return time.perf_counter()

    def peak(self) -> int | None:
        """The most memory the process has held, in MiB: on the GPU, else in RAM; None where /proc is not there.

        Not `getrusage`, whose maximum a process inherits from the one that started it.
        """
        if self.device == 'cuda':
            return torch.cuda.max_memory_allocated() // MIB
        status = Path('/proc/self/status')
        lines = status.read_text().splitlines() if status.is_file() else []
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith('VmHWM')), None)


def others_seconds() -> float:
    """Seconds of processors that went to other processes and virtual machines since the start; 0 without /proc."""
    if not STAT.is_file():
        return 0.0
    user, nice, system, _, _, irq, softirq, steal = map(int, STAT.read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf('SC_CLK_TCK') - time.process_time()


def compete(connection: Connection, contestant: Contestant, task: Task) -> None:
    """What runs in the process of a contestant."""
    torch.set_num_threads(task.threads)
    torch.manual_seed(0)
    module, function = contestant.way.split('.')
    try:
        way = getattr(import_module(f'contestants.{module}'), function)
        way(task, Turns(connection, task.device), **contestant.arguments)
    except (ImportError, InputError) as error:
        connection.send(dict(refused=str(error).splitlines()[0]))


class Process:
    """The other side of the pipe."""

    def __init__(self, contestant: Contestant, task: Task):
        self.contestant = contestant
        self.task = task.first(max(len(task.texts) // contestant.part, 1))
        context = get_context('spawn')
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=compete, args=(theirs, contestant, self.task))
        self.process.start()
        theirs.close()
        self.refused = self.receive().get('refused')

    def receive(self) -> dict:
        try:
            return self.connection.recv()
        except EOFError:
            raise RuntimeError(f'{self.contestant.name}: its process died; its error stands above') from None

    def turn(self) -> dict:
        """Let it work once: `seconds`, `others` (their share of the processors meanwhile) and `peak_mib`."""
        self.connection.send(True)
        return self.receive()

    def undisturbed_turn(self) -> dict:
        """Let it work until others leave it the processors, TRIES times at most; the least disturbed turn."""
        reports = []
        while len(reports) < TRIES and not (reports and reports[-1]['others'] < DISTURBED):
            reports.append(self.turn())
        return min(reports, key=lambda report: report['others'])

    def end(self) -> None:
        if self.process.is_alive():
            with suppress(BrokenPipeError):
                self.connection.send(False)
        self.process.join(timeout=30)
        self.process.kill()
