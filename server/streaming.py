"""Streams of events, and noticing that nobody listens any more."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

KEEP_ALIVE = b": keep-alive\n\n"
T = TypeVar("T")


def event_bytes(number: int, event: str, fields: Mapping[str, Any]) -> bytes:
    """A server-sent event; ASCII JSON holds no line break."""
    return f"id: {number}\nevent: {event}\ndata: {json.dumps(fields)}\n\n".encode()


async def gone(receive: Receive) -> None:
    """Return when the client has closed the connection; for a request whose body has been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; it is cancelled when the client goes away.

    Raises:
        ClientDisconnect: it went away.
    """
    task, watcher = asyncio.ensure_future(work), asyncio.ensure_future(gone(receive))
    try:
        await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for one in (task, watcher):
            one.cancel()
        await asyncio.gather(task, watcher, return_exceptions=True)


class Stream(Response):
    """Sends parts as they come, until they end or the client goes away.

    Args:
        parts: what to send.
        held: is let go of in the end, whatever happens: the place and the work.
        on_gone: the client went away before the end.
    """

    media_type = "text/event-stream"

    def __init__(self, parts: AsyncIterator[bytes], held: AsyncExitStack) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._parts = parts
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await unless_gone(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for part in self._parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
