"""The history beside an event loop: one thread, which does one thing after the other."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from reasoning.errors import InputError, QuorumError
from server.history import store
from server.history.cursor import Cursor
from server.history.database import connect
from server.history.migrations import migrate
from server.history.settings import HistorySettings
from server.history.solve import Solve, Summary, now_us

MAX_WAITING = 64  # reads and writes; a write beyond them is dropped, a read refused
READ_TIMEOUT_S = 5.0

_LOG = logging.getLogger("quorum.history")
T = TypeVar("T")


class Unavailable(QuorumError):
    """The history cannot be read now."""


class History:
    """Keeps solves without ever holding up who solves.

    Reads and writes pass through one thread in the order in which they are asked for, so a solve is found from the
    moment `record` returns. A database that fails costs history and nothing else: a write that fails is logged and
    counted, a read that fails is `Unavailable`.

    Attributes:
        num_written: solves that are in the database.
        num_lost: solves that are not, since the database failed or was too slow.
    """

    def __init__(self, engine: Engine, settings: HistorySettings) -> None:
        self._engine = engine
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        self._room = threading.BoundedSemaphore(MAX_WAITING)
        self.num_written = 0
        self.num_lost = 0

    @classmethod
    def open(cls, settings: HistorySettings) -> "History":
        """Connect, bring the tables up to date, delete what is too old. Blocks.

        Raises:
            InputError: no such database, or it cannot be used.
        """
        engine = connect(settings.url)
        history = cls(engine, settings)
        try:
            migrate(engine)
            history._purge()
        except InputError:
            history.close()
            raise
        except SQLAlchemyError as error:
            history.close()
            reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
            raise InputError(
                f"history: expected a database at {engine.url.render_as_string()}, found: {reason}; "
                "start it, correct the URL, or switch the history off"
            ) from error
        return history

    def record(self, solve: Solve) -> bool:
        """Have a solve written; False where too many wait already. Never blocks, never raises."""
        if self._submit(lambda: self._write(solve)) is None:
            self.num_lost += 1
            _LOG.warning("the history is too slow; a solve is not kept", extra={"solve": solve.id})
            return False
        return True

    async def find(self, solve_id: str, *, owner: str = "") -> Solve | None:
        """One solve of an owner; None where there is none.

        Raises:
            Unavailable: the database fails, or does not answer in time.
        """
        return await self._read(lambda: store.find_solve(self._engine, solve_id, owner=owner))

    async def page(
        self, *, owner: str = "", limit: int = 20, before: Cursor | None = None
    ) -> tuple[list[Summary], Cursor | None]:
        """The newest solves of an owner, and where the next page begins; errors as `find`."""
        return await self._read(lambda: store.list_solves(self._engine, owner=owner, limit=limit, before=before))

    def close(self) -> None:
        """Write what waits, then let go of the database. Blocks."""
        self._thread.shutdown(wait=True)
        self._engine.dispose()

    def _write(self, solve: Solve) -> None:
        try:
            store.add_solve(self._engine, solve)
            self.num_written += 1
            self._purge()
        except Exception as error:  # in a thread of its own nobody else would hear of it
            self.num_lost += 1
            _LOG.error("a solve is not kept: %s", type(error).__name__, extra={"solve": solve.id})

    def _purge(self) -> None:
        settings = self._settings
        store.purge(self._engine, now_us=now_us(), max_age_days=settings.max_age_days, max_solves=settings.max_solves)

    async def _read(self, work: Callable[[], T]) -> T:
        future = self._submit(work)
        if future is None:
            raise Unavailable("the history is busy; ask again")
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), READ_TIMEOUT_S)
        except TimeoutError as error:
            raise Unavailable(f"the history did not answer within {READ_TIMEOUT_S:g} s; ask again") from error
        except SQLAlchemyError as error:
            _LOG.error("the history cannot be read: %s", type(error).__name__)
            raise Unavailable("the history cannot be read; ask again") from error

    def _submit(self, work: Callable[[], T]) -> "Future[T] | None":
        """The work's future; None where too much waits, or the history is closed."""
        if not self._room.acquire(blocking=False):
            return None
        try:
            future = self._thread.submit(work)
        except RuntimeError:
            self._room.release()
            return None
        future.add_done_callback(lambda _: self._room.release())
        return future
