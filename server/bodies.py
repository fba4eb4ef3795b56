"""Request bodies: bounded in size and time, JSON in UTF-8, checked against a model, never repeated in an error."""

import asyncio
import difflib
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request

from server.problems import HttpProblem

MAX_ERRORS = 8
MAX_POINTER = 8  # parts
# Fields of OpenAI's interface that may be named in an error, since the names are ours and not the request's.
REFUSED = frozenset(
    "audio function_call functions logit_bias metadata modalities parallel_tool_calls prediction reasoning_effort "
    "response_format service_tier stop tool_choice tools top_logprobs verbosity web_search_options".split()
)
M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """A request: strict types, no unknown field, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


async def read_body(request: Request, *, max_bytes: int, timeout_s: float) -> bytes:
    """The body's bytes.

    Raises:
        HttpProblem: 415 no JSON or compressed, 413 too large, 408 too slow.
        ClientDisconnect: nobody sends any more.
    """
    headers = request.headers
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HttpProblem(415, "Expected a body with `Content-Type: application/json`.")
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise HttpProblem(415, "Expected a body that is not compressed.")
    too_large = HttpProblem(413, f"Expected a body of at most {max_bytes} bytes.", headers={"connection": "close"})
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:19]) > max_bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for part in request.stream():
                body += part
                if len(body) > max_bytes:
                    raise too_large
    except TimeoutError as error:
        raise HttpProblem(
            408, f"Expected the whole body within {timeout_s:g} seconds.", headers={"connection": "close"}
        ) from error
    return bytes(body)


def parsed(model: type[M], body: bytes) -> M:
    """The request in a body.

    Raises:
        HttpProblem: 400 no JSON, 422 not what the model says.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        raise HttpProblem(400, "Expected JSON in UTF-8, with numbers that are finite and texts that are Unicode.")
    found = [one for one in found if one["type"] != "too_short" or not _has_errors_within(one["loc"], found)]
    errors = tuple(_field_error(model, one) for one in found[:MAX_ERRORS])
    raise HttpProblem(422, "Some fields are not what they must be.", errors=errors)


def _has_errors_within(place: tuple[int | str, ...], errors: Sequence[Any]) -> bool:
    """Whether parts of a list are wrong: pydantic leaves them out and then finds the list too short."""
    return any(len(one["loc"]) > len(place) and one["loc"][: len(place)] == place for one in errors)


def _field_error(model: type[BaseModel], error: Any) -> dict[str, str]:
    place: tuple[int | str, ...] = error["loc"][:MAX_POINTER]
    if error["type"] == "extra_forbidden":  # its name comes from the request
        name, place = str(error["loc"][-1]), place[:-1]
        if name in REFUSED:
            return {"pointer": _pointer(place), "detail": f"{name} is not supported; leave it out"}
        known = list(model.model_fields) if not place else []
        near = difflib.get_close_matches(name, known, n=1) if len(name) <= 40 else []
        return {"pointer": _pointer(place), "detail": "unknown field" + (f"; is it {near[0]}?" if near else "")}
    detail = (
        error["msg"]
        .removeprefix("Value error, ")
        .replace("Input should be", "expected")
        .replace("String should have", "expected")
    )
    return {"pointer": _pointer(place), "detail": detail[:200]}


def _pointer(place: tuple[int | str, ...]) -> str:
    return "".join(f"/{part}"[:64] for part in place)


__all__ = ["Body", "ClientDisconnect", "parsed", "read_body"]
