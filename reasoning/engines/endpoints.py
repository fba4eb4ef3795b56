"""Several servers of one model: each request goes to the one with the fewest requests under way.

A server that failed rests, until it answers a request that was under way or that had no other server left to ask.
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from reasoning.engines.protocols import SamplingParams
from reasoning.engines.remote import FIRST_PAUSE_S, LONGEST_PAUSE_S, Remote, Reply
from reasoning.errors import InputError, Unavailable

Answer = TypeVar("Answer")

REST_S = 30.0  # a server that failed is asked again after so long, or where no other is left


class Endpoints:
    """Several servers as one; what one cannot answer, another is asked.

    Args:
        remotes: at least one, without retries of their own.
        max_retries: after the first attempt, with growing pauses when all have failed.

    Raises:
        InputError: two of them are one.
    """

    def __init__(self, remotes: Sequence[Remote], *, max_retries: int) -> None:
        urls = [remote.url for remote in remotes]
        if len(set(urls)) < len(urls):
            raise InputError(f"expected different URLs, found {', '.join(urls)}; name each once")
        self._remotes = list(remotes)
        self._num_attempts = max(max_retries + 1, len(remotes))
        self._under_way = [0] * len(remotes)
        self._rests_until = [0.0] * len(remotes)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return ",".join(remote.url for remote in self._remotes)

    @property
    def model(self) -> str:
        """The model's name, the same on all servers.

        Raises:
            InputError: it is not the same.
        """
        names = {remote.model for remote in self._remotes}
        if len(names) > 1:
            raise InputError(f"{self.url}: expected one model on all servers, found {', '.join(sorted(names))}")
        return names.pop()

    @property
    def chat(self) -> bool | None:
        return next((remote.chat for remote in self._remotes if remote.chat is not None), None)

    def complete(self, prompt: str, params: SamplingParams, *, n: int, seed: int | None) -> Reply:
        """See `Remote.complete`."""
        return self._ask(lambda remote: remote.complete(prompt, params, n=n, seed=seed))

    def next_tokens(self, prompt: str) -> dict[str, float]:
        """See `Remote.next_tokens`."""
        return self._ask(lambda remote: remote.next_tokens(prompt))

    def echoed(self, text: str) -> list[tuple[str, float]]:
        """See `Remote.echoed`."""
        return self._ask(lambda remote: remote.echoed(text))

    def _ask(self, ask: Callable[[Remote], Answer]) -> Answer:
        failed: set[int] = set()
        for attempt in range(self._num_attempts):
            number = self._take(failed)
            try:
                answer = ask(self._remotes[number])
            except Unavailable:
                failed.add(number)
                all_rest = self._rest(number)
                if attempt + 1 == self._num_attempts:
                    raise
            else:
                self._wake(number)
                return answer
            finally:
                self._give_back(number)
            if all_rest:
                time.sleep(min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S))
        raise AssertionError("the last attempt returns or raises")

    def _take(self, failed: Collection[int]) -> int:
        """The server for a request: one that has not failed it, awake or else the first to wake, with the fewest."""
        now = time.monotonic()
        with self._lock:
            number = min(
                range(len(self._remotes)),
                key=lambda i: (i in failed, max(self._rests_until[i], now), self._under_way[i], i),
            )
            self._under_way[number] += 1
            return number

    def _give_back(self, number: int) -> None:
        with self._lock:
            self._under_way[number] -= 1

    def _wake(self, number: int) -> None:
        """A server that answers may be asked, whatever it failed to answer meanwhile."""
        with self._lock:
            self._rests_until[number] = 0.0

    def _rest(self, number: int) -> bool:
        """Ask others for a while; whether there are none."""
        now = time.monotonic()
        with self._lock:
            self._rests_until[number] = now + REST_S
            return all(until > now for until in self._rests_until)
