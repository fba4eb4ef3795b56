"""A real server with the embedded generator and an evaluator of a few lines, in a process of its own."""

import contextlib
import hashlib
import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reasoning.answers import equivalence
from reasoning.engines import Completion, Request, SamplingParams
from server.engine import Models

ROOT = Path(__file__).parents[1]
_EQUATION = re.compile(r"(-?\d+(?:\.\d+)?) ?([-+*/]) ?(-?\d+(?:\.\d+)?) ?= ?(-?\d+(?:\.\d+)?)")


class EquationJudge:
    """Trusts solutions as far as their sums are right; the same text always gets the same score."""

    name = "equations"
    num_tokens = 0

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        self.num_tokens += sum(len(text.split()) for text in solutions)
        return [_score(text) for text in solutions]


def _score(text: str) -> float:
    """0.9 where every sum holds, 0.3 where one does not, within 0.09."""
    sums = [(float(a), op, float(b), float(c)) for a, op, b, c in _EQUATION.findall(text)]
    holds = all(abs(_value(a, op, b) - c) < 1e-6 for a, op, b, c in sums)
    jitter = hashlib.sha256(text.encode()).digest()[0] / 255
    return round((0.9 if holds and sums else 0.3) + 0.18 * (jitter - 0.5), 3)


def _value(a: float, operator: str, b: float) -> float:
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
    return a / b if b else float("nan")


class FileSampler:
    """Draws the solutions that stand in a file: some at once, the others when a second file is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = "written"

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        texts, num_at_once = json.loads(self._path.read_text()) if self._path.exists() else ([""], None)
        for number, request in enumerate(requests):
            for i in range(len(request.seeds)):
                if i == num_at_once:
                    self._wait()
                text = texts[i % len(texts)]
                yield Completion(number, i, text, len(text.split()), 10, "stop")

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while not going_on(self._path).exists() and time.monotonic() < end:
            time.sleep(0.01)


def going_on(path: Path) -> Path:
    """The file that lets a FileSampler draw the rest."""
    return path.with_suffix(".go")


def load_embedded() -> Models:
    from quorum.load import load_generator

    return Models(sampler=load_generator("embedded", device="cpu"), judge=EquationJudge())


class LoadWritten:
    """Loads a FileSampler; the file is read at each request.

    Answers that the grammar cannot read are compared as texts: the algebra system's process would start again and
    again for hostile ones, which has its own tests.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> Models:
        equivalence.MAX_SYMBOLIC = 0
        return Models(sampler=FileSampler(self.path), judge=EquationJudge(), shares_batches=False)


@contextlib.contextmanager
def serving(
    folder: Path, *, written: Path | None = None, history: bool = True, database: str | None = None
) -> Iterator[str]:
    """The URL of a server that keeps its history in `folder` or a database; `written` takes the generator's place."""
    kept = {"enabled": history, "url": database or f"sqlite:///{folder / 'solves.sqlite'}"}
    settings = {"history": kept, "port": 0}
    arguments = [json.dumps(settings), *([] if written is None else [str(written)])]
    command = [sys.executable, "-m", "tests.page_server", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told: list[str] = []
    try:
        for line in process.stderr:
            told.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise AssertionError("".join(told))
        drain = threading.Thread(target=told.extend, args=(process.stderr,), daemon=True)
        drain.start()
        _wait_until_ready(found[0], told)
        yield found[0]
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        drain.join(5)
        process.stderr.close()


def _wait_until_ready(url: str, told: Sequence[str], timeout_s: float = 300) -> None:
    """Until the models are loaded."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            assert time.monotonic() < end, "".join(line for line in told if "readyz" not in line)
            time.sleep(0.1)


def main(arguments: list[str]) -> None:
    from server.app import create_app
    from server.history import History
    from server.running import serve
    from server.settings import ServeSettings

    settings = ServeSettings.model_validate(json.loads(arguments[0]))
    load: Any = LoadWritten(Path(arguments[1])) if len(arguments) > 1 else load_embedded
    history = History.open(settings.history) if settings.history.enabled else None
    serve(create_app(settings, load, history=history), settings)


if __name__ == "__main__":
    import tests.page_server  # its functions are pickled by this name, which __main__ is not

    tests.page_server.main(sys.argv[1:])
