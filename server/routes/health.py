"""Alive, ready, and what is measured."""

from starlette.requests import Request
from starlette.responses import Response

from server.problems import try_later
from server.service import json_response, service_of


async def livez(request: Request) -> Response:
    """The event loop answers."""
    return json_response({"status": "alive"})


async def readyz(request: Request) -> Response:
    """The models have done a first inference, answers can be compared, the queue is short, and it is not going down."""
    service = service_of(request)
    if request.app.state.frame.is_draining:
        raise try_later(503, "The server is going down.", 1)
    if not service.engine.is_ready:
        raise try_later(503, "The models are being loaded.", 1)
    if not service.grader.is_ready:
        raise try_later(503, "The process that compares answers is starting.", 1)
    if service.admission.is_crowded:
        raise try_later(503, "The queue is nearly full.", 1)
    return json_response({"status": "ready"})


async def metrics(request: Request) -> Response:
    """In Prometheus' text format."""
    service = service_of(request)
    service.metrics.queue_depth.set(service.admission.num_waiting)
    service.metrics.active.set(service.admission.num_active)
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")
