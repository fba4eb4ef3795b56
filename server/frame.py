"""What happens to every request, whichever route it takes: an id, a key, a metric, a line in the log, no traceback."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.keys import Keys
from server.metrics import Metrics
from server.problems import FAULT, HttpProblem, TurnedAway, problem_response, try_later
from server.visits import Visit, visit_of

OPEN_PATHS = ("/livez", "/readyz")
CLIENT_GONE = 499  # in log and metrics; nobody receives it
TURNED_AWAY_S = 1.0  # between two lines in the log on how many were
_LOG = logging.getLogger("quorum.request")
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Frame:
    """Wraps the application.

    Args:
        app: the routes.
        keys: who may ask. Every path needs a key but those of OPEN_PATHS, whether there is something behind it or not.
        metrics: told of each answer.
        cors_origins: pages of these origins may ask from a browser.
        expect: given a path, raises TurnedAway where there is no room for what it does, before anything is read; what
            it returns is called when the request has ended.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        metrics: Metrics,
        cors_origins: tuple[str, ...] = (),
        expect: Callable[[str], Callable[[], None] | None] = lambda _: None,
    ) -> None:
        self._app, self._keys, self._metrics = app, keys, metrics
        self._expect = expect
        self._num_turned_away = 0
        self._origins = frozenset(origin.encode() for origin in cors_origins)
        self.is_draining = False
        self._paths = frozenset(getattr(route, "path", "") for route in getattr(app, "routes", ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        visit = scope["visit"] = visit_of(headers)
        added = [(b"x-request-id", visit.request_id.encode()), *_SECURITY, *self._cors(headers)]
        status, is_turned_away = 0, False

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        self._metrics.in_flight.inc()
        try:
            try:
                self._admit(scope, headers, visit)
                if preflight := self._preflight(scope, headers):
                    await sending({"type": "http.response.start", "status": 204, "headers": preflight})
                    await sending({"type": "http.response.body", "body": b""})
                else:
                    await self._app(scope, receive, sending)
            except HttpProblem as problem:
                is_turned_away = scope["turned_away"] = isinstance(problem, TurnedAway)
                if status == 0:
                    await problem_response(problem, visit.request_id, scope["path"])(scope, receive, sending)
            except ClientDisconnect:
                status = CLIENT_GONE
                self._metrics.cancelled.inc()
            except Exception:
                _LOG.exception("failed", extra={"fields": {"request_id": visit.request_id}})
                if status == 0:
                    fault = HttpProblem(500, FAULT)
                    await problem_response(fault, visit.request_id, scope["path"])(scope, receive, sending)
        finally:
            self._metrics.in_flight.dec()
            if visit.at_end is not None:
                visit.at_end()
            self._record(scope, visit, status or CLIENT_GONE, is_turned_away=is_turned_away)

    def _admit(self, scope: Scope, headers: Mapping[bytes, bytes], visit: Visit) -> None:
        if scope["path"] in OPEN_PATHS:
            return
        self._keys.check_host(headers)
        if scope["method"] == "OPTIONS" and self._origin(headers):
            return  # browsers send no key with a preflight
        visit.caller = self._keys.caller(headers, is_page=b"text/html" in headers.get(b"accept", b""))
        if self.is_draining:
            raise try_later(503, "The server is going down.", 1)
        if not scope["path"].isprintable():  # the router would take /solve and a line break for /solve
            raise HttpProblem(404, "There is nothing here.")
        visit.at_end = self._expect(scope["path"])

    def _origin(self, headers: Mapping[bytes, bytes]) -> bytes | None:
        origin = headers.get(b"origin")
        return origin if origin in self._origins else None

    def _cors(self, headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        origin = self._origin(headers)
        return [(b"access-control-allow-origin", origin), (b"vary", b"origin")] if origin else []

    def _preflight(self, scope: Scope, headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]] | None:
        if scope["method"] != "OPTIONS" or not self._origin(headers):
            return None
        return [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"authorization, content-type, idempotency-key, x-request-id"),
            (b"access-control-max-age", b"600"),
        ]

    def _route(self, scope: Scope) -> str:
        """The path of the route, as metrics name it; "other" for paths without one."""
        path: str = scope["path"]
        if path not in self._paths and "endpoint" in scope:
            return next(
                (p for p in self._paths if "{" in p and p.rpartition("/")[0] == path.rpartition("/")[0]), "other"
            )
        return path if path in self._paths else "other"

    def _record(self, scope: Scope, visit: Visit, status: int, *, is_turned_away: bool) -> None:
        path = self._route(scope)
        seconds = time.monotonic() - visit.started
        self._metrics.requests.labels(path, str(status)).inc()
        self._metrics.request_s.labels(path).observe(seconds)
        if path in OPEN_PATHS and status < 400:
            return  # a line every few seconds that says nothing
        if is_turned_away:
            if self._num_turned_away == 0:
                asyncio.get_running_loop().call_later(TURNED_AWAY_S, self._tell_turned_away)
            self._num_turned_away += 1
            return
        fields = {
            "request_id": visit.request_id,
            "trace_id": visit.trace_id,
            "key": visit.caller.name or None,
            "method": scope["method"],
            "route": path,
            "status": status,
            "seconds": round(seconds, 6),
            **visit.notes,
        }
        _LOG.info("request", extra={"fields": fields})

    def _tell_turned_away(self) -> None:
        """One line for all of them: a line each would cost more than turning them away."""
        _LOG.info("turned away", extra={"fields": {"status": 503, "num_requests": self._num_turned_away}})
        self._num_turned_away = 0
