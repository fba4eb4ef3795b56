"""Places and the queue before them."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from server import admission as admission_module
from server.admission import Admission
from server.problems import HttpProblem, TurnedAway


def admission(max_active: int, max_waiting: int, dropped: list[str] | None = None) -> Admission:
    told = [] if dropped is None else dropped
    return Admission(max_active, max_waiting, on_wait=lambda _: None, on_drop=told.append)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    asyncio.run(main())


def soon() -> float:
    return time.monotonic() + 30


def test_first_come_first_served() -> None:
    gate, order = admission(1, 3), list[int]()

    async def visit(number: int) -> None:
        async with gate.place(soon()):
            order.append(number)
            await asyncio.sleep(0)

    async def work() -> None:
        await asyncio.gather(*(visit(number) for number in range(4)))
        assert (order, gate.num_active, gate.num_waiting) == ([0, 1, 2, 3], 0, 0)

    run(work)


def test_over_the_limit_is_sent_away_at_once() -> None:
    dropped = list[str]()
    gate = admission(1, 0, dropped)

    async def work() -> None:
        async with gate.place(soon()):
            with pytest.raises(HttpProblem) as caught:
                await gate.place(soon()).__aenter__()
        assert caught.value.status == 503
        assert int(caught.value.headers["retry-after"]) >= 1
        assert (dropped, gate.num_active) == (["full"], 0)

    run(work)


def test_a_place_is_kept_for_a_request_that_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = admission(1, 0)

    async def work() -> None:
        give_up = gate.expect()
        with pytest.raises(TurnedAway):
            gate.expect()
        async with gate.place(soon()):  # the place that was kept
            with pytest.raises(TurnedAway):
                gate.expect()
        give_up()  # it was taken already
        gate.expect()()  # a request that ends without having asked for its place
        gate.expect()
        monkeypatch.setattr(admission_module, "EXPECTED_S", 0.0)
        await asyncio.sleep(0.11)
        gate.expect()  # the last one was read for too long
        gate.expect()

    run(work)


def test_waiting_ends_at_the_deadline() -> None:
    dropped = list[str]()
    gate = admission(1, 1, dropped)

    async def work() -> None:
        async with gate.place(soon()):
            with pytest.raises(HttpProblem):
                await gate.place(time.monotonic() + 0.01).__aenter__()
            assert (dropped, gate.num_waiting) == (["deadline"], 0)
        assert gate.num_active == 0

    run(work)


def test_whoever_stops_waiting_loses_no_place() -> None:
    gate = admission(1, 2)

    async def visit() -> None:
        async with gate.place(soon()):
            await asyncio.sleep(10)

    async def work() -> None:
        async with gate.place(soon()):
            waiting = [asyncio.create_task(visit()) for _ in range(2)]
            await asyncio.sleep(0)
            assert gate.num_waiting == 2
            waiting[0].cancel()
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert (gate.num_active, gate.num_waiting) == (0, 0)

    run(work)


def test_cancelled_in_the_moment_of_its_turn() -> None:
    gate = admission(1, 2)

    async def visit() -> None:
        async with gate.place(soon()):
            await asyncio.sleep(10)

    async def work() -> None:
        async with gate.place(soon()):
            waiting = asyncio.create_task(visit())
            await asyncio.sleep(0)
        waiting.cancel()  # the place was handed to it, and it has not run since
        await asyncio.gather(waiting, return_exceptions=True)
        assert (gate.num_active, gate.num_waiting) == (0, 0)

    run(work)


def test_crowded() -> None:
    gate = admission(1, 10)

    async def work() -> None:
        async with gate.place(soon()):
            waiting = [asyncio.ensure_future(gate.place(soon()).__aenter__()) for _ in range(9)]
            await asyncio.sleep(0)
            assert gate.is_crowded
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert not gate.is_crowded

    run(work)
