"""`POST /solve`: sample, judge, vote, choose, as one answer or as a stream of events."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from reasoning.errors import QuorumError
from server.cache import cache_key
from server.engine import Job
from server.history.solve import Solve
from server.problems import FAULT, HttpProblem, document
from server.schemas.solve import SolveRequest
from server.service import Service, Told, json_response, next_event, service_of
from server.streaming import KEEP_ALIVE, Stream, event_bytes, unless_gone
from server.visits import Visit


async def solve(request: Request) -> Response:
    """One question."""
    service, visit = service_of(request), request.scope["visit"]

    async def answer(ask: SolveRequest) -> Response:
        question = Question(service, visit, ask.question, ask.settings(service.settings.default_n), ask.timeout_s)
        if ask.stream:
            return await _streamed(request, question, ask)
        solution = await unless_gone(request.receive, question.solved())
        return json_response(solution if ask.return_candidates else _without_candidates(solution))

    return await service.post(request, SolveRequest, answer)


class Question:
    """A question to be solved, for whichever route asks it.

    Args:
        service: of the server.
        visit: the request.
        text: the question.
        settings: n, strategy and so on; see `SolveRequest.settings`.
        timeout_s: until there must be an answer; None takes the server's.
    """

    def __init__(
        self, service: Service, visit: Visit, text: str, settings: dict[str, Any], timeout_s: float | None = None
    ) -> None:
        self.service, self.visit = service, visit
        self.text, self.settings = text, settings
        self.deadline = visit.started + (timeout_s or service.settings.timeout_s)
        self.num_tokens = settings["n"] * settings["max_tokens"]
        self._remembered: list[Told] | None = None
        visit.notes.update(n=settings["n"], max_tokens=settings["max_tokens"], strategy=settings["strategy"])
        if service.settings.log_questions:
            visit.notes["question"] = text

    async def enter(self, held: AsyncExitStack) -> Job:
        """Begin, in its turn; `held` lets go of it."""
        return await held.enter_async_context(
            self.service.job(
                self.visit,
                "solve",
                {"question": self.text, **self.settings},
                num_tokens=self.num_tokens,
                deadline=self.deadline,
            )
        )

    async def solved(self) -> dict[str, Any]:
        """The answer, with its candidates."""
        async with AsyncExitStack() as held:
            job = None if self.is_remembered else await self.enter(held)
            async for event, fields in self.told(job):
                if event == "done":
                    return fields
        raise AssertionError("the last event is done")

    @property
    def is_remembered(self) -> bool:
        """Whether the same was asked before, by the same key, and the answer is still there."""
        if self.service.cache is None or self._remembered is not None:
            return self._remembered is not None
        self._remembered = self.service.cache.get(self._cache_key)
        return self._remembered is not None

    async def told(self, job: Job | None, *, wait_s: float | None = None) -> AsyncIterator[Told]:
        """The events, the last with the whole answer; `alive` where nothing came in `wait_s`.

        Args:
            job: None tells what is remembered.
            wait_s: None waits until the deadline.
        """
        if job is None:
            assert self._remembered is not None
            self.service.metrics.replayed.labels("cache").inc()
            self.visit.notes["cached"] = True
            *before, (_, answer) = self._remembered
            for one in before:
                yield one
            yield "done", {**answer, "request_id": self.visit.request_id, "cached": True}
            return
        so_far: list[Told] = []
        while True:
            told = await next_event(job, self.deadline, wait_s=wait_s)
            if told is None:
                yield "alive", {}
                continue
            so_far.append(told)
            if told[0] == "done":
                break
            yield told
        so_far[-1] = "done", self._finished(so_far[-1][1])
        self._remember(so_far)
        yield so_far[-1]

    def _finished(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The answer with its id, after it was counted and kept."""
        self.service.metrics.solved(fields)
        self.visit.notes.update(fields["timings"], **fields["usage"])
        result = {name: value for name, value in fields.items() if name != "candidates"}
        kept = Solve(
            owner=self.visit.caller.name,
            question=self.text,
            settings=self.settings,
            result=result,
            candidates=fields["candidates"],
        )
        if self.service.history is not None:
            self.service.history.record(kept)
        return {"id": kept.id, "request_id": self.visit.request_id, "cached": False, **fields}

    def _remember(self, events: list[Told]) -> None:
        """For the next one who asks the same; not an answer that came about without what failed."""
        if self.service.cache is not None and not events[-1][1]["degraded"]:
            self.service.cache.put(self._cache_key, events, num_bytes=len(json.dumps(events)))

    @cached_property
    def _cache_key(self) -> str:
        return cache_key(
            owner=self.visit.caller.name,
            question=self.text,
            settings=self.settings,
            models=[(self.service.engine.described or {}).get(name) for name in ("generator", "evaluator")],
        )


async def _streamed(request: Request, question: Question, ask: SolveRequest) -> Response:
    job, held = await begun(request, question)
    return Stream(_parts(question, job, ask), held)


async def begun(request: Request, question: Question) -> tuple[Job | None, AsyncExitStack]:
    """The job of a question whose events are streamed, and what lets go of it; no job where the answer is remembered.

    Raises:
        HttpProblem: while the status of the response can still say so.
    """
    held = AsyncExitStack()
    if question.is_remembered:
        return None, held
    try:
        return await unless_gone(request.receive, question.enter(held)), held
    except BaseException:
        await held.aclose()
        raise


async def _parts(question: Question, job: Job | None, ask: SolveRequest) -> AsyncIterator[bytes]:
    number = 0
    try:
        async for event, fields in question.told(job, wait_s=question.service.settings.keep_alive_s):
            if event == "alive":
                yield KEEP_ALIVE
                continue
            shown = _without_candidates(fields) if event == "done" and not ask.return_candidates else fields
            yield event_bytes(number, event, shown)
            number += 1
    except (HttpProblem, QuorumError) as error:
        yield event_bytes(number, "error", document(told_problem(error, question.visit), question.visit.request_id))


def told_problem(error: HttpProblem | QuorumError, visit: Visit) -> HttpProblem:
    """What to say of an error in a stream; what it was is for the log."""
    if isinstance(error, HttpProblem):
        visit.notes["problem"] = error.status
        return error
    visit.notes["error"] = str(error)
    return HttpProblem(500, FAULT)


def _without_candidates(solution: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in solution.items() if name != "candidates"}
