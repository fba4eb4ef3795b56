"""The engine process seen from the event loop: started, asked, and replaced when it dies."""

import asyncio
import json
import logging
import multiprocessing
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

from reasoning.errors import InputError, QuorumError
from server.engine import worker
from server.engine.models import Models

FIRST_PAUSE_S = 0.05  # before a dead process is replaced; doubles while none becomes ready
LONGEST_PAUSE_S = 10.0
_LOG = logging.getLogger("quorum.engine")

Told = tuple[str, dict[str, Any]]


class EngineLost(QuorumError):
    """The engine died, or is not ready, so the job is lost; the next one may be served."""


class Refused(QuorumError):
    """The models cannot do what is asked."""


class Job:
    """A piece of work in the engine process, and the events that it has told."""

    def __init__(self, engine: "Engine", number: int) -> None:
        self._engine = engine
        self._number = number
        self._told: asyncio.Queue[Told | BaseException] = asyncio.Queue()
        self.is_over = False

    async def next(self) -> Told:
        """The next event; "done" is the last.

        Raises:
            EngineLost: see there.
            Refused: see there.
            QuorumError: the job failed.
        """
        told = await self._told.get()
        if isinstance(told, BaseException):
            self.is_over = True
            raise told
        event, fields = told
        if event == "refused":
            self.is_over = True
            raise Refused(fields["detail"])
        if event == "failed":
            self.is_over = True
            raise QuorumError(fields["error"])
        self.is_over = event == "done"
        return event, fields

    async def result(self) -> dict[str, Any]:
        """What the last event says."""
        while True:
            event, fields = await self.next()
            if event == "done":
                return fields

    def abandon(self, reason: BaseException) -> None:
        """Wake whoever waits, with an error."""
        self._told.put_nowait(reason)

    def tell(self, told: Told | BaseException) -> None:
        self._told.put_nowait(told)

    def close(self) -> None:
        """End the work, if it has not ended."""
        self._engine.forget(self._number, cancel=not self.is_over)


class Engine:
    """Keeps one engine process running.

    Args:
        load: loads the models, in the other process; it is pickled by name.
        preload: modules that are imported once, before any process starts, so that a replacement starts quickly.
        on_batch: told the requests and samples of each batch.
        on_death: told of each process that died.
    """

    def __init__(
        self,
        load: Callable[[], Models],
        *,
        preload: Sequence[str] = (),
        on_batch: Callable[[int, int], None] | None = None,
        on_death: Callable[[], None] | None = None,
    ) -> None:
        self._load = load
        self._context = context(preload)
        self._on_batch = on_batch
        self._on_death = on_death
        self._jobs: dict[int, Job] = {}
        self._last_job = 0
        self._process: BaseProcess | None = None
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._pause_s = FIRST_PAUSE_S
        self._is_closed = False
        self._restart: asyncio.TimerHandle | None = None
        self.described: dict[str, Any] | None = None  # once there was a ready process
        self.is_ready = False
        self.failure: asyncio.Future[QuorumError] | None = None  # why the first process could not start

    def start(self) -> None:
        """Start the process; ready once its models are loaded. To be called in the event loop."""
        self._loop = asyncio.get_running_loop()
        self.failure = self._loop.create_future()
        self._loop.run_in_executor(None, self._start)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def ask(self, task: str, ask: dict[str, Any]) -> Job:
        """Begin a job.

        Raises:
            EngineLost: no process is ready.
        """
        if not self.is_ready:
            raise EngineLost("the engine is not ready")
        self._last_job += 1
        job = self._jobs[self._last_job] = Job(self, self._last_job)
        self._send({"job": self._last_job, "task": task, "ask": ask})
        return job

    def forget(self, number: int, *, cancel: bool) -> None:
        """Nobody waits for this job any more."""
        if self._jobs.pop(number, None) is not None and cancel:
            self._send({"job": number, "task": "cancel"})

    @property
    def num_jobs(self) -> int:
        return len(self._jobs)

    def close(self) -> None:
        """End the process now."""
        self._is_closed = True
        self.is_ready = False
        if self._restart is not None:
            self._restart.cancel()
        self._outbox.put(None)
        process = self._process
        if process is not None:
            process.kill()
            process.join(5)

    def _send(self, message: dict[str, Any]) -> None:
        self._outbox.put(json.dumps(message).encode())

    def _start(self) -> None:
        """Start a process and the two threads that talk with it. Blocks."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=worker.main, args=(theirs, self._load), name="quorum engine", daemon=True
        )
        process.start()
        theirs.close()
        outbox: SimpleQueue[bytes | None] = SimpleQueue()
        if self._is_closed:
            process.kill()
            return
        self._process, self._outbox = process, outbox
        threading.Thread(target=_write, args=(ours, outbox), name="engine writer", daemon=True).start()
        threading.Thread(target=self._read, args=(ours, outbox, process), name="engine reader", daemon=True).start()

    def _read(self, pipe: Connection, outbox: SimpleQueue[bytes | None], process: BaseProcess) -> None:
        try:
            while True:
                job, event, fields = json.loads(pipe.recv_bytes())
                self._call(self._heard, job, event, fields)
        except (EOFError, OSError):
            outbox.put(None)
            process.join()
            pipe.close()
            self._call(self._died, process.exitcode)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop is closed, and with it the server
            return

    def _heard(self, number: int | None, event: str, fields: dict[str, Any]) -> None:
        if number is not None:
            job = self._jobs.get(number)
            if job is not None:
                job.tell((event, fields))
        elif event == "ready":
            self.described, self.is_ready, self._pause_s = fields, True, FIRST_PAUSE_S
            _LOG.info("engine ready", extra={"fields": fields})
        elif event == "batch" and self._on_batch is not None:
            self._on_batch(fields["num_requests"], fields["num_samples"])
        elif event == "failed":
            _LOG.error("engine failed to start", extra={"fields": fields})
            error = InputError(fields["error"]) if fields["is_input"] else QuorumError(fields["error"])
            if self.described is None and self.failure is not None and not self.failure.done():
                self.failure.set_result(error)

    def _died(self, exitcode: int | None) -> None:
        """All its jobs are lost; start another."""
        if self._is_closed:
            return
        self.is_ready = False
        if self._on_death is not None:
            self._on_death()
        _LOG.error("engine died", extra={"fields": {"exit_code": exitcode, "num_jobs": len(self._jobs)}})
        jobs, self._jobs = self._jobs, {}
        for job in jobs.values():
            job.tell(EngineLost("the engine died"))
        self._restart = self._loop.call_later(self._pause_s, self._restarted)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _restarted(self) -> None:
        if not self._is_closed:
            self._loop.run_in_executor(None, self._start)


def context(preload: Sequence[str]) -> ForkServerContext:
    """Processes are forked off one that has the modules imported and does nothing else, so no lock is copied."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["server.engine.worker", *preload])
    return forks


def _write(pipe: Connection, outbox: SimpleQueue[bytes | None]) -> None:
    """Send what is put there, in a thread of its own, since a full pipe blocks."""
    try:
        while (message := outbox.get()) is not None:
            pipe.send_bytes(message)
    except OSError:
        return
