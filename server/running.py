"""Serving the application: signals, draining, and ending when the models cannot be loaded."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from reasoning.errors import InputError, QuorumError
from server.frame import Frame
from server.logs import log_to_stderr
from server.protocol import BoundedProtocol
from server.service import Service
from server.settings import ServeSettings

KEEP_CONNECTION_S = 65  # longer than the minute for which most proxies keep theirs
BACKLOG = 512
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LOG = logging.getLogger("quorum.server")


class DrainingServer(uvicorn.Server):
    """The first SIGTERM or SIGINT drains, the second ends at once; both are a good end."""

    def __init__(self, config: uvicorn.Config, frame: Frame, service: Service, *, announce: bool) -> None:
        super().__init__(config)
        self._frame, self._service = frame, service
        self._is_to_announce = announce
        self.failure: QuorumError | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = self._frame.is_draining = True

    async def on_tick(self, counter: int) -> bool:
        failed = self._service.engine.failure
        if failed is not None and failed.done():
            self.failure = failed.result()
            return True
        if self._is_to_announce and self._service.engine.is_ready and self._service.grader.is_ready:
            self._is_to_announce = False
            print("ready", file=sys.stderr, flush=True)
        return await super().on_tick(counter)


def serve(app: FastAPI, settings: ServeSettings, *, announce: bool = True) -> None:
    """Serve until a signal comes.

    Args:
        app: from `create_app`.
        settings: its own.
        announce: say on standard error where the server listens, and when it is ready.

    Raises:
        InputError: the address cannot be had, or the models cannot be loaded.
    """
    log_to_stderr()
    listening = _listening(settings)
    if announce:
        host, port = listening.getsockname()[:2]
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        print(f"serving http://{place} (Ctrl-C ends it); the models are being loaded", file=sys.stderr, flush=True)
    config = uvicorn.Config(
        app.state.frame,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_CONNECTION_S,
        timeout_graceful_shutdown=max(1, int(settings.drain_s)),
        backlog=BACKLOG,
    )
    server = DrainingServer(config, app.state.frame, app.state.service, announce=announce)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listening]))
    if server.failure is not None:
        raise server.failure


def _listening(settings: ServeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
        found.listen(BACKLOG)  # whoever connects from now on is answered
    except OSError as error:
        found.close()
        raise InputError(
            f"{settings.host}:{settings.port}: expected an address to listen on, found {error.strerror or error}; "
            "name another with --host or --port"
        ) from error
    return found
