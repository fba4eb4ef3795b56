"""`POST /v1/explain`: mathematics, groups and strategies of a solve, for the page."""

from starlette.requests import Request
from starlette.responses import Response

from server.schemas.explain import ExplainRequest
from server.service import json_response, service_of


async def explain(request: Request) -> Response:
    """Work on texts only; no model is asked."""
    service = service_of(request)

    async def answer(ask: ExplainRequest) -> Response:
        return json_response(await service.graded(request, ask.model_dump(), task="explain"))

    return await service.post(request, ExplainRequest, answer)
