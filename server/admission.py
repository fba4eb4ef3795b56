"""How much is worked on at a time, how much may wait, and when waiting ends."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from server.problems import TurnedAway, try_later

EXPECTED_S = 0.1  # for a request to be read, before its place is given to another


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
        self._expected: deque[float] = deque()  # when each place that is kept is given up
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

    def check(self, *, num_before: int = 0) -> None:
        """Send away whoever comes while the queue is full.

        Args:
            num_before: others who come first.

        Raises:
            TurnedAway: 503.
        """
        if self.num_active + len(self._waiting) + num_before >= self._max_active + self._max_waiting:
            self._on_drop("full")
            raise TurnedAway(try_later(503, "The server is busy.", self._expected_wait_s()))

    def expect(self) -> Callable[[], None]:
        """`check` for a request that is still to be read, and keep a place for it for a moment.

        A burst would pass a mere check as a whole, and each of it be read for nothing.

        Returns:
            What gives the place up, for when the request ends without having asked for it.

        Raises:
            TurnedAway: 503.
        """
        now = time.monotonic()
        while self._expected and self._expected[0] <= now:
            self._expected.popleft()
        self.check(num_before=len(self._expected))
        until = now + EXPECTED_S
        self._expected.append(until)

        def give_up() -> None:
            if until in self._expected:
                self._expected.remove(until)

        return give_up

    async def _enter(self, deadline: float) -> None:
        if self._expected:
            self._expected.popleft()
        if self.num_active < self._max_active and not self._waiting:
            self.num_active += 1
            return
        self.check()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():  # its turn had come, so the place is handed on
                self._leave()
            if isinstance(error, asyncio.CancelledError):
                raise
            self._on_drop("deadline")
            raise try_later(503, "The server was busy until the request's time was over.", 1) from error
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
