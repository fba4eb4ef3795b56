"""Errors as problem documents, and in OpenAI's shape where its clients ask. Source: RFC 9457.

No text in them comes from the request, so none can be too long, malformed or hostile.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
FAULT = "Something went wrong here; the log knows what."
OPENAI_PATHS = ("/v1/chat/completions",)
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}  # RFC 9110; older Pythons have older ones
_OPENAI_TYPES = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}


@dataclass
class HttpProblem(Exception):
    """Ends a request.

    Attributes:
        status: of HTTP.
        detail: one sentence for whoever asked.
        errors: which fields are wrong, as JSON pointers with what was expected there.
        headers: of the response.
    """

    status: int
    detail: str
    errors: tuple[dict[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return _TITLES.get(self.status) or HTTPStatus(self.status).phrase


class TurnedAway(HttpProblem):
    """There is no room for the request; this may happen thousands of times a second."""

    def __init__(self, problem: HttpProblem) -> None:
        super().__init__(problem.status, problem.detail, headers=problem.headers)


def try_later(status: int, detail: str, retry_after_s: float) -> HttpProblem:
    """429 or 503, with the seconds after which it is worth asking again."""
    return HttpProblem(status, detail, headers={"retry-after": str(min(3600, max(1, math.ceil(retry_after_s))))})


def document(problem: HttpProblem, request_id: str) -> dict[str, Any]:
    """The problem document as JSON values."""
    fields: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.errors:
        fields["errors"] = list(problem.errors)
    return fields


def _param(error: Mapping[str, str]) -> str:
    return error["pointer"].lstrip("/").replace("/", ".")


def _with_first_error(problem: HttpProblem) -> str:
    """OpenAI's clients show one sentence only."""
    if not problem.errors:
        return problem.detail
    first = problem.errors[0]
    return f"{problem.detail} {_param(first) or 'The body'}: {first['detail']}"


def problem_response(problem: HttpProblem, request_id: str, path: str = "") -> Response:
    """The response that ends a request with a problem."""
    if path in OPENAI_PATHS:
        kind = _OPENAI_TYPES.get(problem.status, "server_error" if problem.status >= 500 else "invalid_request_error")
        content: dict[str, Any] = {
            "error": {
                "message": f"{_with_first_error(problem)} (request {request_id})",
                "type": kind,
                "param": _param(problem.errors[0]) if problem.errors else None,
                "code": None,
            }
        }
        media_type = "application/json"
    else:
        content, media_type = document(problem, request_id), MEDIA_TYPE
    headers = {"cache-control": "no-store", **problem.headers}
    return Response(json.dumps(content), problem.status, headers=headers, media_type=media_type)
