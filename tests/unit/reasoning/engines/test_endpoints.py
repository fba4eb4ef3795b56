"""Which of several servers is asked, and what their failures cost."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from reasoning.engines import endpoints
from reasoning.engines.endpoints import Endpoints
from reasoning.errors import InputError, Unavailable


class Server:
    """A server that does something at each request, one after the other, and then answers.

    Args:
        url: its name, too.
        steps: called at the next requests; what they raise is its answer.
    """

    def __init__(self, url: str, *steps: Callable[[], None]) -> None:
        self.url = url
        self.steps = list(steps)
        self.num_asked = 0

    def next_tokens(self, prompt: str) -> dict[str, float]:
        self.num_asked += 1
        if self.steps:
            self.steps.pop(0)()
        return {self.url: 0.0}


def fail() -> None:
    raise Unavailable("not now")


@pytest.fixture(autouse=True)
def pauses_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, none of which takes any time."""
    made: list[float] = []
    monkeypatch.setattr("reasoning.engines.endpoints.time.sleep", made.append)
    return made


def joined(*servers: Any, max_retries: int = 5) -> Endpoints:
    return Endpoints(servers, max_retries=max_retries)


def rest(servers: Endpoints, number: int) -> None:
    """As after a failure that another request saw."""
    servers._rest(number)


def answering(asked: Endpoints) -> str:
    """The server that answers a request."""
    return next(iter(asked.next_tokens("")))


def test_one_passing_failure_beside_a_dead_server_costs_one_more_request() -> None:
    dead, alive = Server("dead", *[fail] * 100), Server("alive", lambda: None, fail)
    servers = joined(dead, alive)
    assert [answering(servers) for _ in range(20)] == ["alive"] * 20
    assert alive.num_asked == 21
    assert dead.num_asked <= 3


def test_a_request_asks_every_server_before_one_again() -> None:
    servers = [Server(url, *[fail] * 2) for url in "abc"]
    assert answering(joined(*servers, max_retries=6)) == "a"
    assert sorted(server.num_asked for server in servers) == [2, 2, 3]


def test_where_all_rest_the_first_to_wake_is_asked() -> None:
    servers = joined(Server("last"), Server("first"))
    rest(servers, 1)
    rest(servers, 0)
    assert answering(servers) == "first"


def test_an_answer_ends_the_rest() -> None:
    """That of a request which was under way when the server failed another one."""
    down, busy = Server("down", *[fail] * 100), Server("busy", lambda: rest(servers, 1))
    servers = joined(down, busy)
    assert [answering(servers) for _ in range(4)] == ["busy"] * 4
    assert down.num_asked == 1


def test_pauses_grow_while_all_rest(pauses_s: list[float]) -> None:
    servers = joined(Server("a", *[fail] * 9), Server("b", *[fail] * 9), max_retries=6)
    with pytest.raises(Unavailable, match="not now"):
        servers.next_tokens("")
    assert pauses_s == [1.0, 2.0, 4.0, 8.0, 8.0]


def test_after_its_rest_a_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = joined(Server("a", fail), Server("b"))
    assert [answering(servers) for _ in range(3)] == ["b"] * 3
    later = time.monotonic() + endpoints.REST_S + 1
    monkeypatch.setattr("reasoning.engines.endpoints.time.monotonic", lambda: later)
    assert answering(servers) == "a"


def test_one_server_twice_is_refused() -> None:
    with pytest.raises(InputError, match="expected different URLs, found a, a; name each once"):
        joined(Server("a"), Server("a"))
