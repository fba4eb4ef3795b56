"""A real HTTP server with OpenAI's completions whose texts are a function of prompt and seed, and that often fails."""

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

MODEL = "faulty"
FAULTS = ("429", "500", "503", "hang", "cut before", "cut within", "no json")


@dataclass
class FaultyServer:
    """What the server does, and what it did.

    Attributes:
        fault_share: of the answers, each fault as often as another.
        hang_s: longer than the client waits.
        answer_s: of one answer.
        is_down: it cuts every connection.
        num: answers by what became of them, "ok" or a fault.
        under_way, most_under_way: requests at a time.
    """

    fault_share: float = 0.0
    hang_s: float = 1.0
    answer_s: float = 0.0
    is_down: bool = False
    num: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    most_under_way: int = 0
    url: str = ""
    chance: Random = field(default_factory=lambda: Random(0))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def running(self) -> Iterator["FaultyServer"]:
        """Serve on a free port of the loopback while the block runs."""
        handler = type("Handler", (_Handler,), {"faulty": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def outcome(self) -> str:
        with self.lock:
            is_fault = self.chance.random() < self.fault_share
            outcome = "cut before" if self.is_down else self.chance.choice(FAULTS) if is_fault else "ok"
            self.num[outcome] += 1
            return outcome

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        with self.lock:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            yield
        finally:
            with self.lock:
                self.under_way -= 1


def text_of(prompt: str, seed: int) -> str:
    return f"so\n#### {Random(f'{prompt} {seed}').randrange(5)}"


class _Handler(BaseHTTPRequestHandler):
    faulty: FaultyServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.faulty.counted():
            self._answer(body, self.faulty.outcome())

    def _answer(self, body: dict[str, Any], outcome: str) -> None:
        time.sleep(self.faulty.answer_s)
        text = text_of(body["prompt"], body["seed"])
        choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
        answer = {"id": "1", "object": "text_completion", "created": 1, "model": MODEL}
        if outcome.isdigit():
            self._send(int(outcome), {"error": {"message": "not now", "type": "-", "code": None, "param": None}})
            return
        if outcome == "hang":
            time.sleep(self.faulty.hang_s)
        if outcome == "cut before":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        whole = {**answer, "choices": [choice], "usage": usage}
        self._send(200, whole, cut=outcome == "cut within", bad=outcome == "no json")

    def _send(self, status: int, body: dict[str, Any], *, cut: bool = False, bad: bool = False) -> None:
        content = json.dumps(body).encode()
        content = content[:-9] if bad else content
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client that did not wait
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Retry-After-Ms", "5")
            self.end_headers()
            self.wfile.write(content[:40] if cut else content)
            if cut:
                self.close_connection = True
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        pass
