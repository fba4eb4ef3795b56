"""Staying up: signals, engines that die, requests that kill them."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from benchmarks.load import loaded, request_bytes
from tests.scripted_server import ScriptedServer, scripted_server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server of its own for each test, since each does something to it."""
    with scripted_server(default_n=4, history={"enabled": False}) as running:
        yield running


class Asking(threading.Thread):
    """A request in the background."""

    def __init__(self, server: ScriptedServer, **fields: Any) -> None:
        super().__init__()
        self._ask: Callable[[], httpx.Response] = lambda: httpx.post(f"{server.url}/solve", json=fields, timeout=60)
        self.response: httpx.Response | None = None
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self.response = self._ask()
        except httpx.HTTPError as error:
            self.error = error

    def answer(self) -> httpx.Response:
        self.join()
        assert self.response is not None, self.error
        return self.response


def until_active(server: ScriptedServer, num_active: int) -> None:
    """Wait until so many requests are worked on."""
    while f"quorum_active {num_active}.0" not in httpx.get(f"{server.url}/metrics").text:
        time.sleep(0.02)


def test_sigterm_lets_accepted_requests_finish_and_ends_well(server: ScriptedServer) -> None:
    asking = Asking(server, question="sample 0.4", n=4)
    until_active(server, 1)
    server.process.send_signal(signal.SIGTERM)
    assert asking.answer().status_code == 200
    assert server.process.wait(30) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/livez")


def test_a_second_sigterm_ends_now(server: ScriptedServer) -> None:
    asking = Asking(server, question="sample 0.5", n=200)
    until_active(server, 1)
    engine_pid = server.engine_pid()
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0
    asking.join()
    assert asking.response is None or asking.response.status_code >= 500
    assert_gone(engine_pid)


def test_a_killed_engine_costs_the_requests_it_held_and_is_replaced(server: ScriptedServer) -> None:
    held = [Asking(server, question=f"sample 0.5 {i}", n=40) for i in range(3)]
    until_active(server, 3)
    first = server.engine_pid()
    os.kill(first, signal.SIGKILL)
    for asking in held:
        response = asking.answer()
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    for i in range(3):
        assert Asking(server, question=f"after {i}", n=1).answer().status_code == 200
    assert server.engine_pid() != first
    assert "quorum_engine_deaths_total 1.0" in httpx.get(f"{server.url}/metrics").text


def test_a_request_that_kills_its_engine_kills_it_alone(server: ScriptedServer) -> None:
    assert Asking(server, question="die", n=1).answer().status_code == 503
    assert Asking(server, question="lives", n=1).answer().status_code == 200


def test_overload_is_turned_away_and_counted_and_passes() -> None:
    def sent(number: int) -> bytes:
        return request_bytes("/solve", {"question": f"batch 0.05 {number}", "n": 2})

    with scripted_server(max_active=2, max_waiting=2, cache_entries=0, history={"enabled": False}) as server:
        load = asyncio.run(loaded(server.port, sent, connections=32, seconds=2.0))
        assert set(load.statuses) == {200, 503}
        after = asyncio.run(loaded(server.port, sent, connections=1, seconds=60.0, most=3))
        assert after.statuses == {200: 3}
        lines = [e for e in server.entries() if e["event"] == "request" and e["status"] == 503]
        while sum(e["num_requests"] for e in told_of(server)) + len(lines) < load.statuses[503]:
            time.sleep(0.05)
        assert sum(e["num_requests"] for e in told_of(server)) + len(lines) == load.statuses[503]
        assert len(told_of(server)) < 10 < load.statuses[503]


def told_of(server: ScriptedServer) -> list[dict[str, Any]]:
    """The lines that say how many were turned away."""
    return [entry for entry in server.entries() if entry["event"] == "turned away"]


def test_engines_end_with_a_server_that_is_killed(server: ScriptedServer) -> None:
    pids = [entry["pid"] for entry in server.ready()]
    server.process.kill()
    for pid in pids:
        assert_gone(pid)


def assert_gone(pid: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    raise AssertionError(f"{pid} still runs")
