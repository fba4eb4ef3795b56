"""What the routes share: the engine, the limits before it, and what is remembered."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.admission import Admission
from server.bodies import M, parsed, read_body
from server.cache import Cache
from server.engine import Engine, EngineLost, Job, Refused
from server.history import History
from server.idempotency import Idempotency
from server.metrics import Metrics
from server.problems import HttpProblem, try_later
from server.settings import ServeSettings
from server.streaming import unless_gone
from server.visits import Visit

READY_WAIT_S = 5.0  # for an engine that is being replaced
GRADER_TIMEOUT_S = 20.0


Told = tuple[str, dict[str, Any]]


@dataclass(kw_only=True)
class Service:
    """The parts of one server.

    Attributes:
        engine: runs the models.
        grader: extracts answers and groups them, in a process without models.
        admission: places at the engine.
        grading: places at the grader.
        history: keeps solves; None where it is off.
        cache: the events of solves, for those who ask the same; None where it is off.
    """

    settings: ServeSettings
    metrics: Metrics
    engine: Engine
    grader: Engine
    admission: Admission
    grading: Admission
    history: History | None = None
    cache: Cache[list[Told]] | None = None
    idempotency: Idempotency = field(default_factory=Idempotency)

    @property
    def generator_name(self) -> str:
        return str((self.engine.described or {}).get("generator"))

    @property
    def has_judge(self) -> bool:
        return bool((self.engine.described or {}).get("evaluator"))

    async def post(
        self, request: Request, model: type[M] | Callable[[bytes], type[M]], answer: Callable[[M], Awaitable[Response]]
    ) -> Response:
        """Read a request, and answer it unless it was answered before.

        Args:
            request: its body is still to be read.
            model: of the body; a function looks at the body to say which.
            answer: what the request asks for.
        """
        body = await read_body(request, max_bytes=self.settings.max_body_bytes, timeout_s=self.settings.body_timeout_s)
        ask: M = parsed(model if isinstance(model, type) else model(body), body)
        key = request.headers.get("idempotency-key")
        if key is None:
            return await answer(ask)
        visit: Visit = request.scope["visit"]
        place = (visit.caller.name, request.url.path)
        return await self.idempotency.once(place, key, body, lambda: answer(ask))

    def check_size(self, num_tokens: int) -> None:
        """Refuse a request that is larger than any may be, before any work."""
        most = self.settings.max_request_tokens
        if num_tokens > most:
            raise HttpProblem(422, f"n x max_tokens may be {most} at most.")

    @asynccontextmanager
    async def job(
        self, visit: Visit, task: str, ask: dict[str, Any], *, num_tokens: int, deadline: float
    ) -> AsyncIterator[Job]:
        """A job in the engine process, in its turn. Leaving the block ends it.

        Raises:
            HttpProblem: 422, 429 or 503; see `Caller.spending`, `Admission.place` and `begin`.
        """
        self.check_size(num_tokens)
        with visit.caller.spending(num_tokens):
            async with self.admission.place(deadline):
                job = await self._begin(self.engine, task, ask, deadline)
                try:
                    yield job
                finally:
                    job.close()

    async def graded(self, request: Request, ask: dict[str, Any], *, task: str = "rerank") -> dict[str, Any]:
        """Rerank where answers are still to be extracted or are hard to compare, or explain a solve."""
        return await unless_gone(request.receive, self._graded(ask, task))

    async def _graded(self, ask: dict[str, Any], task: str) -> dict[str, Any]:
        deadline = time.monotonic() + GRADER_TIMEOUT_S
        async with self.grading.place(deadline):
            job = await self._begin(self.grader, task, ask, deadline)
            try:
                return await result(job, deadline)
            finally:
                job.close()

    async def _begin(self, engine: Engine, task: str, ask: dict[str, Any], deadline: float) -> Job:
        """Ask an engine, once it is ready."""
        end = min(deadline, time.monotonic() + READY_WAIT_S)
        while not engine.is_ready and time.monotonic() < end:
            await asyncio.sleep(0.02)
        try:
            return engine.ask(task, ask)
        except EngineLost as error:
            raise try_later(503, "The engine is starting.", 2) from error


async def next_event(job: Job, deadline: float, *, wait_s: float | None = None) -> tuple[str, dict[str, Any]] | None:
    """The next event of a job; None where none came in `wait_s`.

    Raises:
        HttpProblem: 504 at the deadline, 503 the engine died, 422 refused, 500 failed.
    """
    left_s = max(0.0, deadline - time.monotonic())
    try:
        async with asyncio.timeout(left_s if wait_s is None else min(left_s, wait_s)):
            return await job.next()
    except TimeoutError as error:
        if time.monotonic() < deadline:
            return None
        raise HttpProblem(504, "The request's time is over.") from error
    except EngineLost as error:
        raise try_later(503, "The engine died with this request; it is being replaced.", 2) from error
    except Refused as error:
        raise HttpProblem(422, str(error)) from error


async def result(job: Job, deadline: float) -> dict[str, Any]:
    """What a job ends with; errors as `next_event`."""
    while True:
        told = await next_event(job, deadline)
        if told is not None and told[0] == "done":
            return told[1]


def json_response(content: Mapping[str, Any] | list[Any]) -> Response:
    """Status 200 with JSON in ASCII, which holds whatever a model may say."""
    return Response(json.dumps(content), media_type="application/json")


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service
