"""The application: the routes inside the frame, and the engines beside them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.admission import Admission
from server.cache import Cache
from server.engine import Engine, Models, NoModels
from server.frame import Frame
from server.history import History
from server.keys import Keys
from server.metrics import Metrics
from server.openapi import description
from server.problems import FAULT, HttpProblem, problem_response
from server.routes import chat, explain, health, history, page, rerank, solve
from server.service import Service, json_response
from server.settings import ServeSettings

GRADINGS = 4  # at a time; they share one process
ENGINE_PATHS = frozenset(("/solve", "/v1/solve", "/v1/score", "/get_reward", "/v1/chat/completions"))
ROUTES: dict[str, tuple[str, Callable[[Request], Any]]] = {
    "/solve": ("POST", solve.solve),
    "/v1/solve": ("POST", solve.solve),
    "/v1/rerank": ("POST", rerank.rerank),
    "/v1/score": ("POST", rerank.score),
    "/v1/explain": ("POST", explain.explain),
    "/get_reward": ("POST", rerank.get_reward),
    "/v1/chat/completions": ("POST", chat.chat),
    "/v1/models": ("GET", chat.models),
    "/v1/solves": ("GET", history.page),
    "/v1/solves/{id}": ("GET", history.one),
    "/livez": ("GET", health.livez),
    "/readyz": ("GET", health.readyz),
    "/metrics": ("GET", health.metrics),
    "/": ("GET", page.index),
    "/{name}": ("GET", page.file),
}


def create_app(
    settings: ServeSettings,
    load: Callable[[], Models],
    *,
    preload: Sequence[str] = (),
    history: History | None = None,
) -> FastAPI:
    """A server's application; the engine starts with it.

    `app.state.service` has its parts, `app.state.frame` is what every request passes first.

    Args:
        settings: of the server.
        load: loads the models, in a process of its own; a function or object that can be pickled by name.
        preload: modules that `load` needs and that take long to import.
        history: keeps solves; closed with the application.
    """
    metrics = Metrics()
    limits: dict[str, Any] = {
        "on_wait": metrics.queue_s.observe,
        "on_drop": lambda reason: metrics.dropped.labels(reason).inc(),
    }
    service = Service(
        settings=settings,
        metrics=metrics,
        engine=Engine(load, preload=preload, on_batch=metrics.batch, on_death=metrics.engine_deaths.inc),
        grader=Engine(NoModels(), preload=preload),
        admission=Admission(settings.max_active, settings.max_waiting, **limits),
        grading=Admission(GRADINGS, settings.max_waiting, **limits),
        history=history,
        cache=Cache(max_entries=settings.cache_entries) if settings.cache_entries else None,
    )
    app = FastAPI(
        lifespan=_running, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, title="Quorum"
    )
    app.state.service, app.state.page = service, page.page_files()
    app.state.openapi = description(version("quorum-math"), has_keys=bool(settings.keys))
    app.add_route("/openapi.json", _openapi, methods=["GET"])
    for path, (method, function) in ROUTES.items():
        app.add_route(path, function, methods=[method])
    app.add_exception_handler(HttpProblem, _problem)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _fault)

    def expect(path: str) -> Callable[[], None] | None:
        return service.admission.expect() if path in ENGINE_PATHS else None

    app.state.frame = Frame(
        app, keys=Keys(settings), metrics=metrics, cors_origins=settings.cors_origins, expect=expect
    )
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.engine.start()
    service.grader.start()
    try:
        yield
    finally:
        service.engine.close()
        service.grader.close()
        if service.history is not None:
            service.history.close()


async def _openapi(request: Request) -> Response:
    return json_response(request.app.state.openapi)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HttpProblem)
    return problem_response(error, request.scope["visit"].request_id, request.url.path)


async def _fault(request: Request, error: Exception) -> Response:
    """Nobody foresaw this; the frame writes it to the log."""
    return await _problem(request, HttpProblem(500, FAULT))


async def _http_exception(request: Request, error: Exception) -> Response:
    """What the router refuses: 404 and 405."""
    assert isinstance(error, HTTPException)
    details = {404: "There is nothing here.", 405: "This path takes another method."}
    problem = HttpProblem(error.status_code, details.get(error.status_code, "Refused."), headers=error.headers or {})
    return await _problem(request, problem)
