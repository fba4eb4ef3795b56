"""A real server with scripted models in a process of its own, and what tests ask of it."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 240.0  # imports take a second; a loaded machine may need many
ROOT = Path(__file__).parents[1]


@dataclass
class ScriptedServer:
    """A running server."""

    process: subprocess.Popen[str]
    url: str
    log: list[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def pid(self) -> int:
        return self.process.pid

    def entries(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log if line.startswith("{")]

    def ready(self) -> list[dict[str, Any]]:
        """What the processes beside the server said when each was ready."""
        return [entry for entry in self.entries() if entry["event"] == "engine ready"]

    def engine_pid(self) -> int:
        """Of the process that runs the models now."""
        return int([entry for entry in self.ready() if entry["generator"]][-1]["pid"])


@contextlib.contextmanager
def scripted_server(*, has_judge: bool = True, **settings: Any) -> Iterator[ScriptedServer]:
    """Serve on a free port while the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        history = {"url": f"sqlite:///{folder}/solves.sqlite", **settings.pop("history", {})}
        arguments = json.dumps({"port": 0, "history": history, **settings})
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.serve_scripted", arguments, *([] if has_judge else ["no judge"])],
            cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        server = ScriptedServer(process, "", [])
        reader = threading.Thread(target=_collect, args=(process.stderr, server.log))
        reader.start()
        try:
            _await(lambda: len(server.ready()) == 2, process, server.log)  # the models, and what compares answers
            server.url = re.findall(r"serving (\S+)", "\n".join(server.log))[0]
            yield server
        finally:
            process.kill()
            process.wait()
            reader.join()
            process.stderr.close()


def _collect(lines: Any, log: list[str]) -> None:
    with contextlib.suppress(ValueError):
        for line in iter(lines.readline, ""):
            log.append(line)


def _await(condition: Callable[[], bool], process: subprocess.Popen[str], log: list[str]) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError("the server did not start:\n" + "\n".join(log))
        time.sleep(0.02)
