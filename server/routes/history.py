"""`GET /v1/solves` and `GET /v1/solves/{id}`: what this key has asked before."""

from starlette.requests import Request
from starlette.responses import Response

from server.history import Unavailable
from server.history.cursor import read_cursor
from server.history.history import History
from server.problems import HttpProblem, try_later
from server.service import json_response, service_of
from server.visits import Visit

MAX_LIMIT = 100


async def page(request: Request) -> Response:
    """The newest solves, or those before a cursor."""
    visit: Visit = request.scope["visit"]
    limit = request.query_params.get("limit", "20")
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 3 and 1 <= int(limit) <= MAX_LIMIT):
        raise HttpProblem(422, f"Expected a limit of 1 to {MAX_LIMIT}.")
    before = request.query_params.get("before")
    cursor = None if before is None else read_cursor(before)
    if before is not None and cursor is None:
        raise HttpProblem(422, "Expected `before` to be the `next` of another page.")
    try:
        solves, following = await _history(request).page(owner=visit.caller.name, limit=int(limit), before=cursor)
    except Unavailable as error:
        raise try_later(503, "The history does not answer.", 2) from error
    return json_response(
        {"solves": [solve.as_dict() for solve in solves], "next": None if following is None else str(following)}
    )


async def one(request: Request) -> Response:
    """One solve with all its candidates."""
    visit: Visit = request.scope["visit"]
    try:
        found = await _history(request).find(request.path_params["id"], owner=visit.caller.name)
    except Unavailable as error:
        raise try_later(503, "The history does not answer.", 2) from error
    if found is None:
        raise HttpProblem(404, "There is no such solve.")
    return json_response(found.as_dict())


def _history(request: Request) -> History:
    history = service_of(request).history
    if history is None:
        raise HttpProblem(404, "The history is off.")
    return history
