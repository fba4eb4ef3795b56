"""`Idempotency-Key`: a request that is sent again, as after a lost connection, is answered again, not done again."""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from server.problems import HttpProblem

MAX_KEPT = 512
MAX_BYTES = 256 * 1024  # of a response that is kept
KEPT_S = 600.0
_KEY = re.compile(r"[!-~]{1,128}")


@dataclass
class _Kept:
    fingerprint: bytes
    since: float
    response: Response | None = None


class Idempotency:
    """Answers that were given under a key of the client's choice."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], _Kept] = OrderedDict()

    async def once(
        self, place: tuple[str, str], key: str | None, body: bytes, work: Callable[[], Awaitable[Response]]
    ) -> Response:
        """The response to a request that is done at most once while its answer is kept.

        Failures and streams are not kept.

        Args:
            place: who asks, and the path.
            key: as sent; None does the work in any case.
            body: of the request, which must be the same each time.
            work: does it.

        Raises:
            HttpProblem: 422 a malformed key or another body, 409 the first request has not ended.
        """
        if key is None:
            return await work()
        if not _KEY.fullmatch(key):
            raise HttpProblem(422, "Expected an Idempotency-Key of at most 128 visible ASCII characters.")
        name, fingerprint = (*place, key), hashlib.sha256(body).digest()
        kept = self._find(name)
        if kept is not None:
            return _again(kept, fingerprint)
        kept = self._kept[name] = _Kept(fingerprint, time.monotonic())
        try:
            response = await work()
        except (Exception, asyncio.CancelledError):
            self._kept.pop(name, None)
            raise
        if type(response) is Response and response.status_code == 200 and len(response.body) <= MAX_BYTES:
            kept.response = response
        else:
            self._kept.pop(name, None)
        return response

    def _find(self, name: tuple[str, str, str]) -> _Kept | None:
        now = time.monotonic()
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if len(self._kept) <= MAX_KEPT and now - oldest.since < KEPT_S:
                break
            self._kept.popitem(last=False)
        return self._kept.get(name)


def _again(kept: _Kept, fingerprint: bytes) -> Response:
    if kept.fingerprint != fingerprint:
        raise HttpProblem(422, "This Idempotency-Key was used for another request.")
    if kept.response is None:
        raise HttpProblem(409, "The request with this Idempotency-Key has not ended.")
    first = kept.response
    return Response(first.body, 200, headers={"idempotent-replayed": "true"}, media_type=first.media_type)
