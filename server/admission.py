"""How much is worked on at a time, how much may wait, and when waiting ends."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from server.problems import try_later


class Admission:
    """A number of places, and a bounded queue before them, first come, first served.

    Args:
        max_active: places.
        max_waiting: in the queue; whoever comes then is sent away at once.
        on_wait: told the seconds that each admitted request has waited.
        on_drop: told of each request that is sent away or has waited in vain.
    """

    def __init__(
        self, max_active: int, max_waiting: int, *, on_wait: Callable[[float], None], on_drop: Callable[[str], None]
    ) -> None:
        self._max_active, self._max_waiting = max_active, max_waiting
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._on_wait, self._on_drop = on_wait, on_drop
        self._usual_s = 1.0  # that a place is held
        self.num_active = 0

    @property
    def num_waiting(self) -> int:
        return len(self._waiting)

    @property
    def is_crowded(self) -> bool:
        """Whether the queue is so full that others had better ask another server."""
        return self._max_waiting > 0 and len(self._waiting) >= 0.9 * self._max_waiting

    @asynccontextmanager
    async def place(self, deadline: float) -> AsyncIterator[None]:
        """Hold a place.

        Args:
            deadline: of `time.monotonic`, after which waiting is in vain.

        Raises:
            HttpProblem: 503, at once where the queue is full, or at the deadline.
        """
        start = time.monotonic()
        await self._enter(deadline)
        self._on_wait(time.monotonic() - start)
        start = time.monotonic()
        try:
            yield
        finally:
            self._usual_s += 0.1 * (time.monotonic() - start - self._usual_s)
            self._leave()

    async def _enter(self, deadline: float) -> None:
        if self.num_active < self._max_active and not self._waiting:
            self.num_active += 1
            return
        if len(self._waiting) >= self._max_waiting:
            self._on_drop("full")
            raise try_later(503, "The server is busy.", self._expected_wait_s())
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait_for(turn, max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            self._on_drop("deadline")
            raise try_later(503, "The server was busy until the request's time was over.", 1) from error
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn had come, so the place is handed on
                self._leave()
            raise
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.num_active -= 1

    def _expected_wait_s(self) -> float:
        return self._usual_s * (1 + len(self._waiting) / self._max_active)
