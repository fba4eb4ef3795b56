"""One request on its way through the server: its id, its trace, who asks and since when."""

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from server.keys import Caller

_SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(slots=True)
class Visit:
    """A request.

    Attributes:
        request_id: the client's own, if it is of a safe alphabet; else a new one.
        trace_id: of `traceparent`, if it is one. Source: W3C Trace Context, section 3.2.
        caller: who asks.
        notes: what the log says beside the rest.
        at_end: is called when the request has ended.
    """

    request_id: str
    trace_id: str | None
    caller: Caller
    started: float = field(default_factory=time.monotonic)
    notes: dict[str, object] = field(default_factory=dict)
    at_end: Callable[[], None] | None = None


def visit_of(headers: Mapping[bytes, bytes]) -> Visit:
    """The visit that some headers begin; nobody is known to ask yet."""
    asked_id = headers.get(b"x-request-id", b"")
    trace = _TRACEPARENT.fullmatch(headers.get(b"traceparent", b""))
    request_id = asked_id.decode() if _SAFE_ID.fullmatch(asked_id) else f"{random.getrandbits(64):016x}"
    return Visit(request_id, trace[1].decode() if trace else None, Caller())
