"""The description of the interface for programs; the statuses in it are those that each route has."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.schemas.chat import ChatRequest
from server.schemas.explain import ExplainRequest
from server.schemas.rerank import RerankRequest, RewardRequest, ScoreRequest, TeiRerankRequest
from server.schemas.solve import SolveRequest

JSON, EVENTS, PROBLEM = "application/json", "text/event-stream", "application/problem+json"
_REF = "#/components/schemas/{model}"
_BODY = (400, 408, 409, 413, 415, 422)
_WORK = (429, 500, 503, 504)
_POSTS: dict[str, tuple[tuple[type[BaseModel], ...], tuple[int, ...]]] = {
    "/solve": ((SolveRequest,), (*_BODY, *_WORK)),
    "/v1/solve": ((SolveRequest,), (*_BODY, *_WORK)),
    "/v1/rerank": ((RerankRequest, TeiRerankRequest), (*_BODY, *_WORK)),
    "/v1/score": ((ScoreRequest,), (*_BODY, *_WORK)),
    "/v1/explain": ((ExplainRequest,), (*_BODY, 503, 504)),
    "/get_reward": ((RewardRequest,), (*_BODY, *_WORK)),
    "/v1/chat/completions": ((ChatRequest,), (*_BODY, *_WORK)),
}
_GETS: dict[str, tuple[str, tuple[int, ...]]] = {
    "/livez": (JSON, ()),
    "/readyz": (JSON, (503,)),
    "/metrics": ("text/plain", ()),
    "/openapi.json": (JSON, ()),
    "/v1/models": (JSON, ()),
    "/v1/solves": (JSON, (404, 422, 503)),
    "/v1/solves/{id}": (JSON, (404, 503)),
    "/": ("text/html", ()),
    "/{name}": ("text/html", (404,)),
}
CURSOR = r"^[0-9a-f]{1,14}\.[A-Za-z0-9_-]{1,32}$"
_OPEN = ("/livez", "/readyz")
_PARAMETERS = {
    "/v1/solves": [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
        {"name": "before", "in": "query", "schema": {"type": "string", "pattern": CURSOR}},
    ],
    "/v1/solves/{id}": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
    "/{name}": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
}


def description(version: str, *, has_keys: bool = True) -> dict[str, Any]:
    """The whole document.

    Args:
        has_keys: whether requests need one.
    """
    models = [model for models, _ in _POSTS.values() for model in models]
    keys = [(model, "validation") for model in dict.fromkeys(models)]
    _, schemas = models_json_schema(keys, ref_template=_REF)  # type: ignore[arg-type]
    paths = {path: {"post": _post(path, *found)} for path, found in _POSTS.items()}
    paths |= {path: {"get": _get(path, *found)} for path, found in _GETS.items()}
    if not has_keys:
        for methods in paths.values():
            for operation in methods.values():
                del operation["security"]
                operation["responses"].pop("401", None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Quorum", "version": version},
        "paths": paths,
        "components": {
            "schemas": {**schemas["$defs"], "Problem": _PROBLEM},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def statuses(path: str) -> frozenset[int]:
    """What a path may answer."""
    if path in _POSTS:
        return frozenset({200, 401, 421, *_POSTS[path][1]})
    found = {200, *_GETS[path][1]}
    return frozenset(found if path in _OPEN else {*found, 401, 421, 503})


def _post(path: str, models: tuple[type[BaseModel], ...], _: tuple[int, ...]) -> dict[str, Any]:
    schemas = [{"$ref": _REF.replace("{model}", model.__name__)} for model in models]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    media = {JSON: {"schema": {"type": ["object", "array"]}}}
    if "stream" in models[0].model_fields:
        media[EVENTS] = {}  # what an event is, no schema of this version can say
    return {
        "operationId": "post" + path.replace("/", "_").replace(".", "_"),
        "requestBody": {"required": True, "content": {JSON: {"schema": schema}}},
        "responses": _responses(path, media),
        "security": [{"key": []}],
    }


def _get(path: str, media: str, _: tuple[int, ...]) -> dict[str, Any]:
    return {
        "operationId": "get" + path.replace("/", "_").replace(".", "_").replace("{", "").replace("}", ""),
        "parameters": _PARAMETERS.get(path, []),
        "responses": _responses(path, {media: {}}),
        "security": [] if path in _OPEN else [{"key": []}],
    }


def _responses(path: str, media: dict[str, Any]) -> dict[str, Any]:
    error = JSON if path == "/v1/chat/completions" else PROBLEM
    schema = {"type": "object"} if error == JSON else {"$ref": _REF.replace("{model}", "Problem")}
    responses: dict[str, Any] = {}
    for status in sorted(statuses(path)):
        responses[str(status)] = {"description": _MEANINGS[status], "content": {error: {"schema": schema}}}
    responses["200"] = {"description": _MEANINGS[200], "content": media}
    return responses


_MEANINGS = {
    200: "the answer",
    400: "no JSON",
    401: "no valid API key",
    404: "nothing is there",
    408: "the body came too slowly",
    409: "the request with this Idempotency-Key has not ended",
    413: "the body is too large",
    415: "the body is not JSON, or compressed",
    421: "not a name of this server",
    422: "a field is not what it must be, or the models cannot do this",
    429: "the key has used up what it may ask for; see Retry-After",
    500: "a fault of the server",
    503: "busy, starting or going down; see Retry-After",
    504: "the request's time is over",
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
