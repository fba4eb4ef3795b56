"""The engine process seen from the event loop: started, asked, and replaced when it dies."""

import asyncio
import json
import logging
import multiprocessing
import os
import socket
import struct
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

from reasoning.errors import InputError, QuorumError
from server.engine import worker
from server.engine.models import Models

FIRST_PAUSE_S = 0.05  # before a dead process is replaced; doubles while none becomes ready
LONGEST_PAUSE_S = 10.0
_LENGTH = struct.Struct("!i")  # before each message, as multiprocessing's connections have it
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
        self._transport: asyncio.WriteTransport | None = None
        self._pause_s = FIRST_PAUSE_S
        self._is_closed = False
        self._running: asyncio.Task[None] | None = None
        self.described: dict[str, Any] | None = None  # once there was a ready process
        self.is_ready = False
        self.failure: asyncio.Future[QuorumError] | None = None  # why the first process could not start

    def start(self) -> None:
        """Start the process; ready once its models are loaded. To be called in the event loop."""
        loop = asyncio.get_running_loop()
        self.failure = loop.create_future()
        self._running = loop.create_task(self._run(), name="engine")

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
        if self._running is not None:
            self._running.cancel()
        process = self._process
        if process is not None:
            process.kill()
            process.join(5)

    async def _run(self) -> None:
        """Keep a process running, and hear what it says."""
        loop = asyncio.get_running_loop()
        while True:
            pipe, process = await loop.run_in_executor(None, self._start)
            await self._hear(pipe)
            await loop.run_in_executor(None, process.join)
            self._died(process.exitcode)
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _start(self) -> tuple[Connection, BaseProcess]:
        """A new process and the pipe to it. Blocks."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=worker.main, args=(theirs, self._load), name="quorum engine", daemon=True
        )
        process.start()
        theirs.close()
        self._process = process
        if self._is_closed:
            process.kill()
        return ours, process

    async def _hear(self, pipe: Connection) -> None:
        """Take in events until the process is gone.

        The event loop itself reads the pipe: a thread would wait for the interpreter's lock before each message, for
        milliseconds where the loop is busy.
        """
        end = socket.socket(fileno=os.dup(pipe.fileno()))
        pipe.close()
        loop = asyncio.get_running_loop()
        transport, messages = await loop.create_unix_connection(lambda: _Messages(self._heard), sock=end)
        self._transport = transport
        await messages.over
        self._transport = None

    def _send(self, message: dict[str, Any]) -> None:
        if self._transport is not None:
            text = json.dumps(message).encode()
            self._transport.write(_LENGTH.pack(len(text)) + text)

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
        """All its jobs are lost."""
        self.is_ready = False
        if self._on_death is not None:
            self._on_death()
        _LOG.error("engine died", extra={"fields": {"exit_code": exitcode, "num_jobs": len(self._jobs)}})
        jobs, self._jobs = self._jobs, {}
        for job in jobs.values():
            job.tell(EngineLost("the engine died"))


class _Messages(asyncio.Protocol):
    """Cuts what comes over the pipe into messages."""

    def __init__(self, heard: Callable[..., None]) -> None:
        self._heard = heard
        self._received = bytearray()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._received += data
        start = 0
        while len(self._received) >= start + _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received, start)
            end = start + _LENGTH.size + length
            if len(self._received) < end:
                break
            self._heard(*json.loads(self._received[start + _LENGTH.size : end]))
            start = end
        del self._received[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


def context(preload: Sequence[str]) -> ForkServerContext:
    """Processes are forked off one that has the modules imported and does nothing else, so no lock is copied."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["server.engine.worker", *preload])
    return forks
