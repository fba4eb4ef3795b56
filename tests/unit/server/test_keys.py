"""Who may ask, and for how much."""

import base64
import hashlib

import pytest

from server.keys import Caller, Keys
from server.problems import HttpProblem
from server.settings import KeySettings, ServeSettings


def key(name: str, secret: str, **limits: int) -> KeySettings:
    return KeySettings(name=name, sha256=hashlib.sha256(secret.encode()).hexdigest(), **limits)


KEYS = Keys(ServeSettings(keys=(key("ann", "s3cret"), key("bob", "other"))))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"Bearer s3cret", "ann"),
        (b"bearer other", "bob"),
        (b"Basic " + base64.b64encode(b"anybody:s3cret"), "ann"),
        (b"Bearer s3cre", None),
        (b"Bearer ", None),
        (b"", None),
        (b"s3cret", None),
        (b"Digest s3cret", None),
        (b"Basic %%%", None),
        (b"Bearer " + b"s3cret" * 10_000, None),
        (b"Bearer " + hashlib.sha256(b"s3cret").hexdigest().encode(), None),
        (b"Bearer \xff\xfe", None),
    ],
)
def test_callers(header: bytes, name: str | None) -> None:
    if name is not None:
        assert KEYS.caller({b"authorization": header}, is_page=False).name == name
        return
    with pytest.raises(HttpProblem) as caught:
        KEYS.caller({b"authorization": header}, is_page=False)
    assert caught.value.status == 401
    assert "s3cre" not in str(caught.value)


def test_a_browser_asks_its_user() -> None:
    with pytest.raises(HttpProblem) as caught:
        KEYS.caller({}, is_page=True)
    assert caught.value.headers["www-authenticate"].startswith("Basic ")


def test_without_keys_anyone_asks() -> None:
    assert Keys(ServeSettings()).caller({}, is_page=False).name == ""


@pytest.mark.parametrize("host", [b"127.0.0.1", b"localhost:8000", b"[::1]:8000", b"LOCALHOST"])
def test_own_names(host: bytes) -> None:
    Keys(ServeSettings()).check_host({b"host": host})


@pytest.mark.parametrize("host", [b"evil.example", b"evil.example:8000", b"127.0.0.1.evil.example", b"", b"[::2]"])
def test_other_names_are_refused_where_no_key_is_needed(host: bytes) -> None:
    with pytest.raises(HttpProblem):
        Keys(ServeSettings()).check_host({b"host": host})
    KEYS.check_host({b"host": host})


def test_a_budget_runs_out_and_fills_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("server.keys.time.monotonic", lambda: clock[0])
    caller = Caller(key("ann", "x", tokens_per_minute=600))
    with caller.spending(500):
        pass
    with pytest.raises(HttpProblem) as caught, caller.spending(200):
        pass
    assert (caught.value.status, caught.value.headers["retry-after"]) == (429, "10")
    clock[0] += 10
    with caller.spending(200):
        pass
    with pytest.raises(HttpProblem) as caught, caller.spending(601):
        pass
    assert caught.value.status == 422


def test_what_the_server_could_not_do_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.keys.time.monotonic", lambda: 100.0)
    caller = Caller(key("ann", "x", tokens_per_minute=600))
    with pytest.raises(HttpProblem), caller.spending(600):
        raise HttpProblem(503, "busy")
    with caller.spending(600):
        pass


def test_requests_at_a_time() -> None:
    caller = Caller(key("ann", "x", concurrent=1))
    with caller.spending(1), pytest.raises(HttpProblem) as caught, caller.spending(1):
        pass
    assert caught.value.status == 429
    with caller.spending(1):
        pass
