"""Work on many items in a pool of processes that survives its workers."""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from reasoning.errors import InputError, QuorumError

Item = TypeVar("Item")
Result = TypeVar("Result")

PENDING_PER_WORKER = 4  # enough to keep a worker busy, few enough to bound the memory of a long stream
MOST_DEATHS = 3  # of the workers of one item, before it is set aside
THREADS = "OMP_NUM_THREADS"

_Numbered = tuple[int, Item]


def num_workers() -> int:
    """The CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(slots=True)
class _Worker:
    """A process, the pipe to it, and the item that it works on."""

    process: SpawnProcess
    pipe: Connection
    item: tuple[int, Any] | None = None

    def send(self, function: Callable[[Any], Any], item: tuple[int, Any]) -> bool:
        """Give it an item; False where it is dead."""
        try:
            self.pipe.send((function, item[1]))
        except (BrokenPipeError, ConnectionResetError):
            return False
        self.item = item
        return True

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Pool:
    """Worker processes that start when they are first needed.

    The processes are spawned, never forked: a fork copies locks held by the caller's threads. They are not
    daemons, so a worker may start a process of its own (a symbolic check does). A worker computes with one thread
    unless OMP_NUM_THREADS says otherwise, so that no sum depends on the number of workers. It ends with this process,
    however that ends, and is killed where its work is given up.
    """

    def __init__(self, workers: int) -> None:
        self._num_workers = workers
        self._workers: list[_Worker] = []
        self.most_waiting = PENDING_PER_WORKER * workers

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item], *, alone_s: float = 0.0
    ) -> Iterator[Result]:
        """Apply a function to a stream, results in its order; at most four items a worker are waiting at any time.

        With one worker, everything runs in this process.

        Args:
            alone_s: processor seconds that this process works alone before it starts workers, as a start costs them.

        Raises:
            QuorumError: an item killed its worker process several times, which a lack of memory does.
        """
        if self._num_workers == 1:
            yield from map(function, items)
            return
        items, end_s = iter(items), time.process_time() + alone_s
        while not self._workers and time.process_time() < end_s:
            alone = list(islice(items, 1))
            if not alone:
                return
            yield function(alone[0])
        results: dict[int, Result] = {}
        num_given = 0
        run = _Run(self, function, items, may_take=lambda num_taken: num_taken - num_given <= self.most_waiting)
        for (number, _), result in run.results():
            if result is None:
                raise QuorumError("a worker process died, often for lack of memory; use fewer: --workers 1")
            results[number] = result[0]
            while num_given in results:
                ready = results.pop(num_given)
                num_given += 1
                yield ready

    def each(
        self, function: Callable[[Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, tuple[Result] | None]]:
        """Each item with its result when that is there; with None where it killed its worker three times.

        A `reasoning.bulk.Backend`. One worker is a process of its own, too.

        Raises:
            QuorumError: workers die whatever they are given.
        """
        done_any, num_aside = False, 0
        for (_, item), result in _Run(self, function, items, may_take=lambda _: True).results():
            done_any, num_aside = done_any or result is not None, num_aside + (result is None)
            if not done_any and num_aside == MOST_DEATHS:
                raise QuorumError(
                    f"expected workers to live, found that all died with the first {num_aside} batches, often for lack "
                    "of memory; use fewer --workers, or none"
                )
            yield item, result

    def free_worker(self) -> _Worker | None:
        """A worker without an item, started if need be; None where all are busy."""
        for worker in self._workers:
            if worker.item is None:
                return worker
        if len(self._workers) == self._num_workers:
            return None
        context = multiprocessing.get_context("spawn")
        pipe, its_pipe = context.Pipe()
        process = context.Process(target=_serve, args=(its_pipe,))
        process.start()
        its_pipe.close()
        self._workers.append(_Worker(process, pipe))
        return self._workers[-1]

    def busy_workers(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.item is not None]

    def discard(self, worker: _Worker) -> None:
        """End a worker; another takes its place when it is needed."""
        self._workers.remove(worker)
        worker.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.process.kill()  # all at once; what they hold is on the disk or not wanted
        for worker in list(self._workers):
            self.discard(worker)


class _Run(Generic[Item, Result]):
    """One pass of a function over a stream of items."""

    def __init__(
        self,
        pool: Pool,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        may_take: Callable[[int], bool],
    ) -> None:
        self._pool = pool
        self._function = function
        self._items = enumerate(items)
        self._num_taken = 0
        self._may_take = may_take
        self._waiting: deque[_Numbered[Item]] = deque()
        self._deaths: Counter[int] = Counter()

    def results(self) -> Iterator[tuple[_Numbered[Item], tuple[Result] | None]]:
        """Numbered items with results as they come; workers that are busy when nobody wants more are ended."""
        try:
            while True:
                self._assign()
                busy = {worker.pipe: worker for worker in self._pool.busy_workers()}
                if not busy:
                    return
                took_one = len(self._waiting) < self._pool.most_waiting and self._take()  # while the workers work
                for pipe in connection.wait(list(busy), 0 if took_one else None):
                    assert isinstance(pipe, Connection)
                    yield from self._received(busy[pipe])
        finally:
            for worker in self._pool.busy_workers():
                self._pool.discard(worker)

    def _take(self) -> bool:
        taken = list(islice(self._items, 1)) if self._may_take(self._num_taken) else []
        self._waiting += taken
        self._num_taken += len(taken)
        return bool(taken)

    def _assign(self) -> None:
        while (self._waiting or self._take()) and (worker := self._pool.free_worker()):
            if worker.send(self._function, self._waiting[0]):
                self._waiting.popleft()
            else:
                self._pool.discard(worker)

    def _received(self, worker: _Worker) -> Iterator[tuple[_Numbered[Item], tuple[Result] | None]]:
        """What a worker sends, or that it died."""
        item = worker.item
        assert item is not None
        try:
            is_result, value = worker.pipe.recv()
        except (EOFError, OSError):  # of a worker that dies while it sends, the message ends in the middle
            self._pool.discard(worker)
            self._deaths[item[0]] += 1
            if self._deaths[item[0]] == MOST_DEATHS:
                yield item, None
            else:
                self._waiting.appendleft(item)
            return
        worker.item = None
        if not is_result:
            raise value
        yield item, (value,)


def _serve(pipe: Connection) -> None:
    """Work on what comes through a pipe until it closes.

    Ctrl-C reaches the whole process group; only the parent answers it, and then ends the workers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault(THREADS, "1")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            function, item = pipe.recv()
        except EOFError:
            return
        try:
            answer: tuple[bool, Any] = True, function(item)
        except Exception as error:
            answer = False, portable(error)
        pipe.send(answer)


def portable(error: Exception) -> Exception:
    """The error, or one that says the same where it does not survive pickling; with its place, if nobody foresaw it."""
    if not isinstance(error, QuorumError | OSError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return (InputError if isinstance(error, InputError) else QuorumError)(str(error))
    return error


def _end_with_parent() -> None:
    """End this process, whatever it is doing, when its parent has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    sys.stderr.flush()
    os._exit(1)
