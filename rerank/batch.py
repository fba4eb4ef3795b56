"""Work on many items in a pool of processes, results in the order of the items."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self, TypeVar

from reasoning.errors import QuorumError

Item = TypeVar("Item")
Result = TypeVar("Result")

PENDING_PER_WORKER = 4  # enough to keep a worker busy, few enough to bound the memory of a long stream


def num_workers() -> int:
    """The CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """Worker processes that start when they are first needed; with one worker, everything runs here.

    The processes are spawned, never forked: a fork copies locks held by the caller's threads. They are not
    daemons, so a worker may start a process of its own (a symbolic check does).

    A worker listens on a pipe whose other end only this process holds, and ends when that closes: at once
    where the work is given up, and also where this process is killed and can tell nobody.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None
        self._lifeline: Connection | None = None

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Apply a function to a stream; at most four items a worker are waiting at any time.

        Raises:
            QuorumError: a worker process died, which a lack of memory does.
        """
        if self._workers == 1:
            yield from map(function, items)
            return
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(self._started().submit(function, item))
                if len(pending) > PENDING_PER_WORKER * self._workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise QuorumError("a worker process died, often for lack of memory; use fewer: --workers 1") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is None or self._lifeline is None:
            return
        if error is not None:
            self._lifeline.close()  # nobody waits for results any more, so the workers need not finish theirs
        self._executor.shutdown(cancel_futures=True)
        self._lifeline.close()

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            listening, self._lifeline = context.Pipe(duplex=False)
            self._executor = ProcessPoolExecutor(
                self._workers, mp_context=context, initializer=_start_worker, initargs=(listening,)
            )
        return self._executor


def _start_worker(lifeline: Connection) -> None:
    """Ctrl-C reaches the whole process group; only the parent answers it, and then ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    """End this process, whatever it is doing, when the other end of the pipe closes."""
    lifeline.poll(None)
    os._exit(1)
