"""`POST /v1/rerank`, `/v1/score` and `/get_reward`: the caller's own candidates."""

import re
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from reasoning.answers import cluster
from reasoning.prompts import solution_prompt
from reasoning.types import Candidate
from rerank.choice import VOTE
from rerank.solver import DEFAULT_STRATEGY
from rerank.strategies import STRATEGIES
from server.engine.tasks import reranked
from server.problems import HttpProblem
from server.schemas.rerank import RerankRequest, RewardRequest, ScoreRequest, TeiRerankRequest
from server.service import Service, json_response, result, service_of
from server.streaming import unless_gone

_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,9})?")  # compared at once; any other answer is compared in another process
_BEFORE, _BETWEEN = solution_prompt("\n\n").split("\n\n")


async def rerank(request: Request) -> Response:
    """Choose among candidates, in either of two shapes."""
    service = service_of(request)

    async def answer(ask: RerankRequest | TeiRerankRequest) -> Response:
        if isinstance(ask, TeiRerankRequest):
            return await _sorted(service, request, ask)
        return await _rerank(service, request, ask)

    return await service.post(request, _shape, answer)


def _shape(body: bytes) -> type[RerankRequest] | type[TeiRerankRequest]:
    """Which of the two shapes a body means to have; a quote within a JSON string is escaped, so these are whole."""
    is_tei = b'"texts"' in body and b'"candidates"' not in body
    return TeiRerankRequest if is_tei else RerankRequest


async def _rerank(service: Service, request: Request, ask: RerankRequest) -> Response:
    are_scored = ask.candidates[0].score is not None
    can_judge = service.has_judge and ask.question is not None
    strategy = ask.strategy or (DEFAULT_STRATEGY if are_scored or can_judge else VOTE)
    fields: dict[str, Any] = {"strategy": strategy, "k": ask.k, "top_n": ask.top_n}
    judges = STRATEGIES[strategy].needs_scores and not are_scored
    if not judges and all(c.answer is not None and _PLAIN.fullmatch(c.answer) for c in ask.candidates):
        candidates = [Candidate(i, c.answer, c.score) for i, c in enumerate(ask.candidates)]
        labels = cluster([candidate.answer for candidate in candidates])
        return json_response(reranked(candidates, fields, labels=labels))
    fields["candidates"] = [{"text": c.text, "answer": c.answer, "score": c.score} for c in ask.candidates]
    judged = await _judged_candidates(service, request, ask) if judges else None
    if judged is not None:
        for candidate, number in zip(fields["candidates"], judged["scores"], strict=True):
            candidate["score"] = number
    found = await service.graded(request, fields)
    if judged is not None:
        found = {**found, "usage": judged["usage"], "models": {"evaluator": judged["model"]}}
    return json_response(found)


async def _judged_candidates(service: Service, request: Request, ask: RerankRequest) -> dict[str, Any]:
    texts = [candidate.text for candidate in ask.candidates if candidate.text is not None]
    if ask.question is None or len(texts) < len(ask.candidates):
        raise HttpProblem(422, "This strategy needs scores; expected a question and every candidate's text, or scores.")
    return await _judged(service, request, [{"question": ask.question, "solutions": texts}])


async def _sorted(service: Service, request: Request, ask: TeiRerankRequest) -> Response:
    """Text-embeddings-inference's shape: best first."""
    found = await _judged(service, request, [{"question": ask.query, "solutions": ask.texts}])
    order = sorted(range(len(ask.texts)), key=lambda i: (-(found["scores"][i] or 0.0), i))
    return json_response(
        [
            {"index": i, "score": found["scores"][i] or 0.0, **({"text": ask.texts[i]} if ask.return_text else {})}
            for i in order
        ]
    )


async def score(request: Request) -> Response:
    """P(correct) of each solution."""
    service = service_of(request)

    async def answer(ask: ScoreRequest) -> Response:
        return json_response(await _judged(service, request, [{"question": ask.question, "solutions": ask.solutions}]))

    return await service.post(request, ScoreRequest, answer)


async def get_reward(request: Request) -> Response:
    """P(correct) as OpenRLHF's trainers ask for it; 0 where a text cannot be judged."""
    service = service_of(request)

    async def answer(ask: RewardRequest) -> Response:
        prompts = ask.prompts or (None,) * len(ask.query)
        pairs = [_split(query, prompt) for query, prompt in zip(ask.query, prompts, strict=True)]
        items = [{"question": question, "solutions": [solution]} for question, solution in pairs]
        found = await _judged(service, request, items)
        return json_response({"rewards": [number or 0.0 for number in found["scores"]]})

    return await service.post(request, RewardRequest, answer)


async def _judged(service: Service, request: Request, items: list[dict[str, Any]]) -> dict[str, Any]:
    """What the engine says; a text counts as one token of the budget, for reading is far cheaper than writing."""
    deadline = time.monotonic() + service.settings.timeout_s
    num_texts = sum(len(item["solutions"]) for item in items)

    async def work() -> dict[str, Any]:
        visit = request.scope["visit"]
        async with service.job(visit, "score", {"items": items}, num_tokens=num_texts, deadline=deadline) as job:
            return await result(job, deadline)

    return await unless_gone(request.receive, work())


def _split(query: str, prompt: str | None) -> tuple[str, str]:
    """A prompt with its response to question and solution, cut where `prompt` or the generator's own prompt ends."""
    if prompt is not None:
        if not query.startswith(prompt):
            raise HttpProblem(422, "Expected every query to begin with its prompt.")
        return prompt.removeprefix(_BEFORE).removesuffix(_BETWEEN), query.removeprefix(prompt)
    question, between, solution = query.removeprefix(_BEFORE).partition(_BETWEEN)
    if not between:
        raise HttpProblem(422, "Expected `prompts` beside `query`, or queries in the generator's own format.")
    return question, solution
