"""A request that is sent again."""

import asyncio

import pytest
from starlette.responses import Response

from server.idempotency import KEPT_S, Idempotency
from server.problems import HttpProblem

PLACE = ("ann", "/solve")


class Counted:
    """Work that counts how often it is done."""

    def __init__(self, status: int = 200) -> None:
        self.num_done = 0
        self.status = status
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> Response:
        self.num_done += 1
        await self.may_end.wait()
        return Response(f"{self.num_done}", self.status)


def test_done_once_answered_twice() -> None:
    async def main() -> None:
        kept, work = Idempotency(), Counted()
        first = await kept.once(PLACE, "k", b"body", work)
        again = await kept.once(PLACE, "k", b"body", work)
        assert (first.body, again.body, again.headers["idempotent-replayed"]) == (b"1", b"1", "true")
        for place, key in ((("bob", "/solve"), "k"), (("ann", "/v1/solve"), "k"), (PLACE, "l"), (PLACE, None)):
            await kept.once(place, key, b"body", work)
        assert work.num_done == 5

    asyncio.run(main())


@pytest.mark.parametrize(
    ("key", "body", "status"), [("k", b"other", 422), ("k" * 129, b"body", 422), ("a b", b"", 422)]
)
def test_refused(key: str, body: bytes, status: int) -> None:
    async def main() -> None:
        kept = Idempotency()
        await kept.once(PLACE, "k", b"body", Counted())
        with pytest.raises(HttpProblem) as caught:
            await kept.once(PLACE, key, body, Counted())
        assert caught.value.status == status

    asyncio.run(main())


def test_while_the_first_is_being_done() -> None:
    async def main() -> None:
        kept, work = Idempotency(), Counted()
        work.may_end.clear()
        first = asyncio.create_task(kept.once(PLACE, "k", b"", work))
        await asyncio.sleep(0)
        with pytest.raises(HttpProblem) as caught:
            await kept.once(PLACE, "k", b"", work)
        assert caught.value.status == 409
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        work.may_end.set()
        assert (await kept.once(PLACE, "k", b"", work)).body == b"2"

    asyncio.run(main())


def test_failures_are_not_kept() -> None:
    async def main() -> None:
        kept, work = Idempotency(), Counted(503)
        for _ in range(2):
            await kept.once(PLACE, "k", b"", work)
        assert work.num_done == 2

    asyncio.run(main())


def test_streams_are_not_kept() -> None:
    class Stream(Response):
        pass

    async def stream() -> Response:
        return Stream()

    async def main() -> None:
        kept = Idempotency()
        assert await kept.once(PLACE, "k", b"", stream) is not await kept.once(PLACE, "k", b"", stream)

    asyncio.run(main())


def test_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("server.idempotency.time.monotonic", lambda: clock[0])

    async def main() -> None:
        kept, work = Idempotency(), Counted()
        await kept.once(PLACE, "k", b"", work)
        clock[0] += KEPT_S + 1
        await kept.once(PLACE, "k", b"", work)
        assert work.num_done == 2

    asyncio.run(main())
