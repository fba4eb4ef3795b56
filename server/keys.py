"""Who asks: API keys, what each may still ask for, and which names of this server are its own."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from server.problems import HttpProblem, try_later
from server.settings import LOOPBACK, KeySettings, ServeSettings

MAX_KEY = 512  # characters of an Authorization header that are looked at
_CHALLENGE = {"www-authenticate": 'Bearer realm="quorum"'}
_BROWSER_CHALLENGE = {"www-authenticate": 'Basic realm="quorum", charset="UTF-8"'}


class Caller:
    """One key at work: a budget of tokens that fills up again within a minute, and a number of requests at a time."""

    def __init__(self, settings: KeySettings | None = None) -> None:
        self.name = "" if settings is None else settings.name
        self._settings = settings
        self._left = float(settings.tokens_per_minute or 0) if settings else 0.0
        self._filled_at = time.monotonic()
        self._num_active = 0

    @contextmanager
    def spending(self, num_tokens: int) -> Iterator[None]:
        """Take tokens and one request of the key's budget.

        Raises:
            HttpProblem: 429 where there is not enough left, 422 where there never is.
        """
        if self._settings is None:
            yield
            return
        concurrent = self._settings.concurrent
        if concurrent is not None and self._num_active >= concurrent:
            raise try_later(429, f"This key may have {concurrent} requests at a time.", 1)
        self._take(num_tokens)
        self._num_active += 1
        try:
            yield
        except HttpProblem as problem:
            if problem.status == 503:  # nothing was done for these tokens
                self._left += num_tokens
            raise
        finally:
            self._num_active -= 1

    def _take(self, num_tokens: int) -> None:
        most = self._settings.tokens_per_minute if self._settings else None
        if most is None:
            return
        if num_tokens > most:
            raise HttpProblem(422, f"n x max_tokens is more than this key may ask for in a minute, {most}.")
        now = time.monotonic()
        self._left = min(float(most), self._left + (now - self._filled_at) * most / 60)
        self._filled_at = now
        if num_tokens > self._left:
            raise try_later(429, "This key's tokens are used up for now.", (num_tokens - self._left) * 60 / most)
        self._left -= num_tokens


class Keys:
    """All keys of a server. Only their hashes are known, and looking one up takes the same time for all."""

    def __init__(self, settings: ServeSettings) -> None:
        self._callers = [(bytes.fromhex(key.sha256), Caller(key)) for key in settings.keys]
        self._anyone = Caller()
        self._hosts = frozenset(settings.hosts or (() if settings.keys or settings.open_to_all else LOOPBACK))

    @property
    def are_needed(self) -> bool:
        return bool(self._callers)

    def check_host(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuse other names than the server's own, under which a foreign page in a browser would reach it.

        Raises:
            HttpProblem: 421.
        """
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        if self._hosts and name not in self._hosts:
            raise HttpProblem(421, "This server does not answer under that name; see `hosts` in its settings.")

    def caller(self, headers: Mapping[bytes, bytes], *, is_page: bool) -> Caller:
        """Who sent these headers.

        Args:
            is_page: a browser asks for a page, and is to ask its user for the key (as password, under any name).

        Raises:
            HttpProblem: 401.
        """
        if not self._callers:
            return self._anyone
        digest = hashlib.sha256(_key(headers.get(b"authorization", b""))).digest()
        found: Caller | None = None
        for known, caller in self._callers:
            if hmac.compare_digest(known, digest):
                found = caller
        if found is None:
            raise HttpProblem(
                401, "This needs an API key as `Authorization: Bearer KEY`.",
                headers=_BROWSER_CHALLENGE if is_page else _CHALLENGE,
            )  # fmt: skip
        return found


def _key(header: bytes) -> bytes:
    scheme, _, rest = header[:MAX_KEY].partition(b" ")
    if scheme.lower() == b"bearer":
        return rest.strip()
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""
