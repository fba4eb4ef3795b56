"""Running many programs: worker processes that stay, get batches, and are replaced when they end.

The limits of `limits.py` stop every program long before a worker's own limits do. Those are there for what nobody
thought of: when a worker ends or does not answer, its batch is halved and each half run again, until one program
is left that ends its worker by itself, twice. So one program never costs another its result.
"""

import atexit
import json
import os
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reasoning.programs import child as children
from reasoning.programs.child import Child
from reasoning.programs.limits import MAX_CHARACTERS
from reasoning.programs.outcome import Execution

MAX_BATCH = 128  # programs
MAX_BATCH_BYTES = 48_000  # less than a pipe takes without waiting for its reader
DEADLINE_S = 5.0  # processor seconds a batch; a program within its limits takes at most a tenth of one
WALL_SLACK_S = 30.0  # what a busy machine may take beyond

_REFUSED = Execution("error", None, ())


def execute_many(
    sources: Sequence[str], *, workers: int | None = None, deadline_s: float = DEADLINE_S
) -> list[Execution]:
    """Run programs in worker processes; the outcomes are those of `execute`, in the same order.

    The workers stay for the next call. They have no files to write and no processes to start, and limits on memory
    and processor time. What comes back is JSON: the status, the answer and the states, no values of variables.

    Args:
        sources: any texts; those over the size limits are refused without being sent.
        workers: processes, by default one a processor that this process may use; the result does not depend on it.
        deadline_s: processor seconds a batch. A program that by itself is still running then is a "timeout".

    Raises:
        QuorumError: a worker cannot be started.
        ValueError: fewer than one worker.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"`workers` must be at least 1; got {workers}")
    batches = list(_batches(sources))
    executions = [_REFUSED] * len(sources)
    with _pool.lock:
        try:
            _run(sources, deque(batches), executions, min(workers or _num_processors(), len(batches)), deadline_s)
        except BaseException:  # an interrupt must not leave replies in the pipes
            _stop_all()
            raise
    return executions


def worker_pids() -> list[int]:
    """The process ids of the running workers."""
    return [worker.process.pid for worker in _pool.workers if worker.process.poll() is None]


def close() -> None:
    """End the workers, if there are any; the next call starts others. Called at exit."""
    with _pool.lock:
        _stop_all()


@dataclass(slots=True)
class _Pool:
    lock: threading.Lock = field(default_factory=threading.Lock)
    workers: list[Child] = field(default_factory=list)
    is_hooked: bool = False  # whether exit and fork know of us


_pool = _Pool()


@dataclass(frozen=True, slots=True)
class _Task:
    worker: Child
    indices: list[int]
    deadline: float  # on the clock


def _batches(sources: Sequence[str]) -> Iterator[list[int]]:
    """Indices of programs to be run together, so many that their number hides the cost of a message."""
    batch: list[int] = []
    num_bytes = 0
    for index, source in enumerate(sources):
        if len(source) > MAX_CHARACTERS or not source.isascii():
            continue
        length = len(json.dumps(source)) + 2
        if batch and (len(batch) >= MAX_BATCH or num_bytes + length > MAX_BATCH_BYTES):
            yield batch
            batch, num_bytes = [], 0
        batch.append(index)
        num_bytes += length
    if batch:
        yield batch


def _run(
    sources: Sequence[str], batches: deque[list[int]], executions: list[Execution], num_workers: int, deadline_s: float
) -> None:
    """Keep the workers busy until every batch has its outcomes."""
    _hook()
    idle = _ready_workers(num_workers)
    busy: dict[int, _Task] = {}
    suspects: set[int] = set()
    while batches or busy:
        while batches and idle:
            worker, indices = idle.pop(), batches.popleft()
            deadline = time.monotonic() + WALL_SLACK_S + deadline_s
            children.send(worker, [sources[i] for i in indices], deadline_s)  # if it has ended, reading says so
            busy[worker.descriptor] = _Task(worker, indices, deadline)
        for task, has_ended in _wait(busy):
            del busy[task.worker.descriptor]
            reply = None if has_ended else children.take_reply(task.worker)
            if reply is not None:
                _fill(executions, task.indices, reply)
                idle.append(task.worker)
            else:
                exit_status = children.end(task.worker)
                batches.extendleft(_halve(task.indices, exit_status, executions, suspects))
                idle.append(_replace(task.worker))


def _wait(busy: dict[int, _Task]) -> list[tuple[_Task, bool]]:
    """Tasks that came to an end: with a reply, or (True) because their worker ended or is late."""
    poller = select.poll()
    for descriptor in busy:
        poller.register(descriptor, select.POLLIN)
    first_deadline = min(task.deadline for task in busy.values())
    ready = poller.poll(max(0.0, first_deadline - time.monotonic()) * 1000)
    done = []
    for descriptor, _ in ready:
        task = busy[descriptor]
        is_alive = children.receive(task.worker)
        if not is_alive or b"\n" in task.worker.unread:
            done.append((task, not is_alive))
    if not ready:
        done += [(task, True) for task in busy.values() if task.deadline <= time.monotonic()]
    return done


def _fill(executions: list[Execution], indices: Sequence[int], reply: Sequence[Any]) -> None:
    for index, (status, answer, states) in zip(indices, reply, strict=True):
        executions[index] = Execution(status, answer, tuple(states))


def _halve(indices: list[int], exit_status: int, executions: list[Execution], suspects: set[int]) -> list[list[int]]:
    """What to run again after a worker ended. One program that has ended two workers by itself is the culprit."""
    if len(indices) > 1:
        middle = len(indices) // 2
        return [indices[:middle], indices[middle:]]
    if suspects.isdisjoint(indices):  # the first time it may be chance: someone killed the worker
        suspects.update(indices)
        return [indices]
    is_late = exit_status in (-signal.SIGPROF, -signal.SIGKILL)  # by its timer, or by us
    executions[indices[0]] = Execution("timeout" if is_late else "error", None, ())
    return []


def _ready_workers(count: int) -> list[Child]:
    """So many workers that are alive and wait for a batch."""
    for worker in list(_pool.workers):
        if worker.process.poll() is not None:  # it ended between two calls
            children.end(worker)
            _pool.workers.remove(worker)
    while len(_pool.workers) < count:
        _pool.workers.append(children.start())
    return _pool.workers[:count]


def _replace(worker: Child) -> Child:
    _pool.workers.remove(worker)
    _pool.workers.append(children.start())
    return _pool.workers[-1]


def _num_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hook() -> None:
    if not _pool.is_hooked:
        atexit.register(close)
        os.register_at_fork(after_in_child=_forget)
        _pool.is_hooked = True


def _stop_all() -> None:
    while _pool.workers:
        children.end(_pool.workers.pop())


def _forget() -> None:
    """In a forked process the workers are the parent's: let go of their pipes, so that they see the parent end."""
    _pool.lock = threading.Lock()  # a thread that did not survive the fork may have held it
    while _pool.workers:
        worker = _pool.workers.pop()
        children.let_go(worker)
        worker.process.returncode = 0  # not ours to wait for, nor to warn about
