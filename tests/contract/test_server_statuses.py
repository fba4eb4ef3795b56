"""Every status that the description names is one that its route gives; the hostile requests hold the converse."""

import asyncio
import hashlib
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest

from server.app import create_app
from server.openapi import description, statuses
from server.settings import ServeSettings
from tests.contract.conftest import KEYS
from tests.scripted_models import Scripted
from tests.scripted_server import ScriptedServer, scripted_server
from tests.slow_job import descendants

CANDIDATES = [{"text": "so it is \\boxed{5}"}, {"text": "#### 6"}]
BODIES: dict[str, dict[str, Any]] = {  # each needs the engine process, or the one that compares answers
    "/solve": {"question": "2 + 3", "n": 1, "timeout_s": 2},
    "/v1/solve": {"question": "2 + 3", "n": 1, "timeout_s": 2},
    "/v1/rerank": {"question": "2 + 3", "candidates": CANDIDATES, "strategy": "w.rr"},
    "/v1/score": {"question": "2 + 3", "solutions": ["#### 5"]},
    "/v1/explain": {"question": "2 + 3", "candidates": [{"sample": 0, "answer": "5", "score": 0.5, "cluster": 0}]},
    "/get_reward": {"query": ["Problem: 2 + 3\nSolution:\n#### 5"]},
    "/v1/chat/completions": {"model": "m", "messages": [{"role": "user", "content": "2 + 3"}], "n": 1},
}
PATHS: list[str] = list(description("0")["paths"])
PAGE = {"/{name}": "/app.js"}


def of(status: int) -> list[str]:
    """The paths that say they may answer so."""
    return [path for path in PATHS if status in statuses(path)]


def ask(client: httpx.Client, path: str, **more: Any) -> httpx.Response:
    """A request that is as it should be."""
    if path in BODIES:
        return client.post(path, **{"json": BODIES[path], **more})
    return client.get(PAGE.get(path, path), **more)


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened


def test_every_status_is_tried_here() -> None:
    tried = {200, 400, 401, 404, 408, 409, 413, 415, 421, 422, 429, 500, 503, 504}
    assert {status for path in PATHS for status in statuses(path)} == tried


@pytest.mark.parametrize("path", of(200))
def test_200(client: httpx.Client, path: str) -> None:
    if path == "/v1/solves/{id}":
        path = f"/v1/solves/{client.post('/solve', json=BODIES['/solve']).json()['id']}"
    assert ask(client, path).status_code == 200


@pytest.mark.parametrize("path", of(400))
def test_400(client: httpx.Client, path: str) -> None:
    response = client.post(path, content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 400


@pytest.mark.parametrize("path", of(401))
def test_401(locked: ScriptedServer, path: str) -> None:
    with httpx.Client(base_url=locked.url) as stranger:
        assert ask(stranger, path).status_code == 401


@pytest.mark.parametrize("path", of(408))
def test_408(server: ScriptedServer, path: str) -> None:
    """The body does not come within a second."""
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(head.encode() + b"{")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", of(413))
def test_413(client: httpx.Client, path: str) -> None:
    response = client.post(path, content=b" " * (2**20 + 1), headers={"content-type": "application/json"})
    assert response.status_code == 413


@pytest.mark.parametrize("path", of(415))
def test_415(client: httpx.Client, path: str) -> None:
    assert client.post(path, content=b"{}", headers={"content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize("path", of(421))
def test_421(client: httpx.Client, path: str) -> None:
    assert ask(client, path, headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("path", of(422))
def test_422(client: httpx.Client, path: str) -> None:
    response = client.post(path, json={"none": 1}) if path in BODIES else client.get(path, params={"limit": 0})
    assert response.status_code == 422


@pytest.mark.parametrize("path", of(500))
def test_500(client: httpx.Client, path: str) -> None:
    """The engine fails."""
    body = {**BODIES[path]}
    for name, value in (("question", "fail"), ("messages", [{"role": "user", "content": "fail"}])):
        body |= {name: value} if name in body else {}
    body |= {"query": ["Problem: fail\nSolution:\n#### 5"]} if "query" in body else {}
    assert client.post(path, json=body).status_code == 500


@pytest.fixture(scope="module")
def frozen() -> Iterator[ScriptedServer]:
    """A server whose engines were stopped."""
    keys = [
        {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), "concurrent": 1}
        for name, key in KEYS.items()
    ]
    with scripted_server(keys=keys, timeout_s=2.0, cache_entries=0) as running:
        for pid in descendants(running.pid):
            os.kill(pid, signal.SIGSTOP)
        yield running
        for pid in descendants(running.pid):
            os.kill(pid, signal.SIGCONT)  # so that they notice the server's end


def as_ann(server: ScriptedServer, path: str, **headers: str) -> httpx.Response:
    with httpx.Client(base_url=server.url, timeout=60, headers={"authorization": f"Bearer {KEYS['ann']}"}) as ann:
        return ask(ann, path, headers=headers)


def two_at_once(server: ScriptedServer, path: str, **headers: str) -> list[int]:
    """The statuses of two requests that come together."""
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(as_ann, server, path, **headers) for _ in range(2)]
        return sorted(each.result().status_code for each in asked)


@pytest.mark.parametrize("path", of(504))
def test_504_and_409(frozen: ScriptedServer, path: str) -> None:
    key = "key-of" + path.replace("/", "-")
    assert two_at_once(frozen, path, **{"idempotency-key": key}) == [409, 504]
    assert path in of(409)


@pytest.mark.parametrize("path", of(429))
def test_429(frozen: ScriptedServer, path: str) -> None:
    assert two_at_once(frozen, path) == [429, 504]


@pytest.mark.parametrize("path", of(503))
def test_503(path: str) -> None:
    """Going down: over a connection that a server has closed, only the application itself can be asked."""
    app = create_app(ServeSettings(), Scripted(), preload=[], history=None)
    app.state.frame.is_draining = True

    async def response() -> httpx.Response:
        transport = httpx.ASGITransport(app.state.frame)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await (client.post(path, json=BODIES[path]) if path in BODIES else client.get(PAGE.get(path, path)))

    found = asyncio.run(response())
    assert found.status_code == 503
    assert int(found.headers["retry-after"]) >= 1


@pytest.mark.parametrize("path", [path for path in of(404) if path != "/v1/solves"])
def test_404(client: httpx.Client, path: str) -> None:
    assert client.get(path.format(id="x", name="x")).status_code == 404


def test_404_of_a_history_that_is_off() -> None:
    with scripted_server(history={"enabled": False}) as running, httpx.Client(base_url=running.url) as client:
        assert client.get("/v1/solves").status_code == 404
