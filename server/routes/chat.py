"""`POST /v1/chat/completions` and `GET /v1/models`: any client of OpenAI's gets reranked answers."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from reasoning.errors import QuorumError
from server.engine import Job
from server.problems import HttpProblem
from server.routes.solve import Question, begun, told_problem
from server.schemas.chat import ChatRequest
from server.schemas.solve import MAX_QUESTION, SolveRequest
from server.service import json_response, service_of
from server.streaming import KEEP_ALIVE, Stream, unless_gone

MODEL = "quorum"
PIECE = 200  # characters of a part of a stream
_DEFAULTS = SolveRequest(question="?")


async def chat(request: Request) -> Response:
    """The last message of the user, answered by the chosen solution."""
    service, visit = service_of(request), request.scope["visit"]

    async def answer(ask: ChatRequest) -> Response:
        if len(ask.question) > MAX_QUESTION:
            raise HttpProblem(422, f"Expected a last message of at most {MAX_QUESTION} characters.")
        question = Question(service, visit, ask.question, _settings(ask, service.settings.default_n))
        if ask.stream:
            return await _streamed(request, question, ask)
        return json_response(_completion(await unless_gone(request.receive, question.solved()), question))

    return await service.post(request, ChatRequest, answer)


async def models(request: Request) -> Response:
    """The one model that there is; requests may call it what they like."""
    service = service_of(request)
    entry = {"id": MODEL, "object": "model", "created": 0, "owned_by": "quorum"}
    return json_response({"object": "list", "data": [{**entry, "quorum": service.engine.described or {}}]})


def _settings(ask: ChatRequest, default_n: int) -> dict[str, Any]:
    """As for a solve: n above 1 is the number of samples; temperature 0 draws one, since all would be the same."""
    temperature = _DEFAULTS.temperature if ask.temperature is None else ask.temperature
    temperature = 0.01 if 0 < temperature < 0.01 else temperature
    n = default_n if ask.n in (None, 1) else ask.n
    return {
        "n": 1 if temperature == 0 else n,
        "strategy": ask.strategy,
        "k": ask.k,
        "top_n": ask.top_n,
        "temperature": temperature,
        "top_p": _DEFAULTS.top_p if ask.top_p is None else ask.top_p,
        "max_tokens": ask.max_completion_tokens or ask.max_tokens or _DEFAULTS.max_tokens,
        "seed": ask.seed or 0,
        "max_risk": None,
        "stop": None,
    }


def _completion(solution: dict[str, Any], question: Question) -> dict[str, Any]:
    message = {"role": "assistant", "content": solution["solution"], "refusal": solution["reason"]}
    return {
        **_head(question, "chat.completion"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _usage(solution),
        "quorum": {name: solution[name] for name in _SHOWN},
    }


_SHOWN = ("id", "answer", "confidence", "confidence_kind", "abstained", "strategy", "clusters", "notes", "degraded")


def _head(question: Question, kind: str) -> dict[str, Any]:
    name = question.service.generator_name
    return {"id": f"chatcmpl-{question.visit.request_id}", "object": kind, "created": int(time.time()), "model": name}


def _usage(solution: dict[str, Any]) -> dict[str, int]:
    """Of all samples, since all were paid for."""
    prompt, completion = solution["usage"]["prompt_tokens"], solution["usage"]["completion_tokens"]
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


async def _streamed(request: Request, question: Question, ask: ChatRequest) -> Response:
    job, held = await begun(request, question)
    return Stream(_parts(question, job, ask), held)


async def _parts(question: Question, job: Job | None, ask: ChatRequest) -> AsyncIterator[bytes]:
    """Signs of life until the choice is made, then the chosen solution in pieces."""
    head = _head(question, "chat.completion.chunk")
    yield _chunk(head, {"role": "assistant", "content": ""})
    solution: dict[str, Any] = {}
    try:
        async for event, fields in question.told(job, wait_s=question.service.settings.keep_alive_s):
            if event == "alive":
                yield KEEP_ALIVE
            solution = fields
    except (HttpProblem, QuorumError) as error:
        detail = told_problem(error, question.visit).detail
        yield _data({"error": {"message": detail, "type": "server_error", "param": None, "code": None}})
        return
    text = solution["solution"] or ""
    for start in range(0, len(text), PIECE):
        yield _chunk(head, {"content": text[start : start + PIECE]})
    if solution["reason"]:
        yield _chunk(head, {"refusal": solution["reason"]})
    yield _chunk(head, {}, finish_reason="stop")
    if ask.stream_options and ask.stream_options.include_usage:
        yield _data({**head, "choices": [], "usage": _usage(solution)})
    yield b"data: [DONE]\n\n"


def _chunk(head: dict[str, Any], delta: dict[str, str], *, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _data({**head, "choices": [choice]})


def _data(fields: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()
