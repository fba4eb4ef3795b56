"""Ask a computer algebra system about one answer, in a process that is killed at its deadline.

One child a process, started when first needed, reused, and replaced when it was killed, has answered
MAX_REQUESTS, or has grown. Threads take turns; a forked process starts a child of its own. JSON lines over two
pipes, no pickle. The kernel ends the child when it has used its processor time, and the parent kills it when it does
not answer; nothing in the parent is ever interrupted. A symbolic answer is
always asked for alone, never in a pair, so equality of what comes back is an equivalence relation.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from reasoning.errors import QuorumError

MAX_TEXT = 2000  # characters; no answer to a problem is longer, and the parser is not linear
MAX_REQUESTS = 500  # a child; sympy's caches grow
WALL_FACTOR = 5
MAX_RSS_MB = 500  # a child that was larger after a request is not asked again
MAX_REPLY_BYTES = 2**16
START_TIMEOUT_S = 60.0  # imports take a second; a loaded machine may need many


class Outcome(Enum):
    """How a question ended; all but REWRITTEN leave the answer undecided."""

    REWRITTEN = "rewritten"
    UNDECIDED = "undecided"  # not one expression, no single reading, or not evaluated exactly
    KILLED = "killed"  # at the deadline, or by its own memory limit
    TOO_LONG = "too long"  # not asked


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The answer as plain LaTeX, None unless the outcome is REWRITTEN."""

    latex: str | None
    outcome: Outcome


def rewrite(text: str, *, deadline_s: float = 0.8) -> str | None:
    """The answer rewritten in plain LaTeX by a computer algebra system, or None where it cannot decide.

    See ask, of which this is the short form.
    """
    return ask(text, deadline_s=deadline_s).latex


def ask(text: str, *, deadline_s: float = 0.8) -> Rewriting:
    """Rewrite one answer with its integrals, sums, limits, derivatives and determinants carried out exactly.

    Nothing is rounded and nothing dropped: what the system cannot read whole, or not evaluate, is undecided.
    Brackets, commas and relations stay as written, so `(0, \\int_0^2 x dx)` becomes `(0, 2)`.

    Args:
        text: one answer; anything at all, since it is only ever parsed by a grammar.
        deadline_s: processor seconds for this answer, so that a busy machine decides as an idle one does; not
            counting the start of the child. On the wall it may take WALL_FACTOR times as long.

    Raises:
        QuorumError: the child cannot be started.
    """
    if len(text) > MAX_TEXT:
        return Rewriting(None, Outcome.TOO_LONG)
    with _state.lock:
        child = _ready_child()
        try:
            reply = _exchange(child, text, deadline_s)
        except BaseException:  # an interrupt between question and answer must not leave the answer in the pipe
            _stop()
            raise
        if reply is None:
            _stop()
            return Rewriting(None, Outcome.KILLED)
        if child.num_requests >= MAX_REQUESTS or int(str(reply["rss_mb"])) > MAX_RSS_MB:
            _stop()
    latex = reply["latex"]
    return Rewriting(str(latex), Outcome.REWRITTEN) if latex else Rewriting(None, Outcome.UNDECIDED)


def child_pid() -> int | None:
    """The process id of the running child, None when there is none."""
    child = _state.child
    return child.process.pid if child is not None and child.process.poll() is None else None


def close() -> None:
    """End the child, if there is one; the next question starts another. Called at exit."""
    with _state.lock:
        _stop()


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    num_requests: int = 0
    unread: bytes = b""


@dataclass(slots=True)
class _State:
    lock: threading.Lock = field(default_factory=threading.Lock)
    child: _Child | None = None
    is_hooked: bool = False  # whether exit and fork know of us


_state = _State()


def _ready_child() -> _Child:
    if _state.child is not None and _state.child.process.poll() is not None:
        _stop()  # it died between two questions
    if _state.child is None:
        if not _state.is_hooked:
            atexit.register(close)
            os.register_at_fork(after_in_child=_forget)
            _state.is_hooked = True
        _state.child = _Child(_spawn())
        if _read_reply(_state.child, time.monotonic() + START_TIMEOUT_S) is None:
            status = _stop()
            raise QuorumError(
                f"expected the symbolic worker to start within {START_TIMEOUT_S:.0f} s, found that it ended "
                f"or hung (exit status {status}); to see why, run: "
                f"{sys.executable} -m reasoning.answers.symbolic_worker"
            )
    return _state.child


def _spawn() -> subprocess.Popen[bytes]:
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "reasoning.answers.symbolic_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        # A plain environment gives the same result everywhere; sympy would use gmpy2 where it finds it
        env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
             "SYMPY_GROUND_TYPES": "python", "LC_ALL": "C.UTF-8", "PATH": os.defpath},
        start_new_session=True,  # a group of its own to kill, and no interrupt from the terminal
    )  # fmt: skip


def _exchange(child: _Child, text: str, deadline_s: float) -> dict[str, object] | None:
    """Send a question and wait for its answer; None when there is none in time."""
    deadline = time.monotonic() + deadline_s * WALL_FACTOR
    child.num_requests += 1
    request = {"id": child.num_requests, "text": text, "deadline_s": deadline_s}
    assert child.process.stdin is not None
    try:
        # In ASCII JSON a question is at most 12 bytes a character, which a pipe takes without blocking
        child.process.stdin.write(json.dumps(request).encode() + b"\n")
    except BrokenPipeError:
        return None
    reply = _read_reply(child, deadline)
    return reply if reply is not None and reply.get("id") == child.num_requests else None


def _read_reply(child: _Child, deadline: float) -> dict[str, object] | None:
    """One JSON line, or None at the deadline, at the end of the pipe, or when the line has no end."""
    assert child.process.stdout is not None
    descriptor = child.process.stdout.fileno()
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    while b"\n" not in child.unread:
        remaining_s = deadline - time.monotonic()
        if remaining_s <= 0 or len(child.unread) > MAX_REPLY_BYTES or not poller.poll(remaining_s * 1000):
            return None
        received = os.read(descriptor, MAX_REPLY_BYTES)
        if not received:
            return None
        child.unread += received
    line, _, child.unread = child.unread.partition(b"\n")
    reply: dict[str, object] = json.loads(line)
    return reply


def _stop() -> int | None:
    """Kill the child with everything in its group; its exit status."""
    child, _state.child = _state.child, None
    if child is None:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    _close_pipes(child)
    return child.process.wait()


def _forget() -> None:
    """In a forked process the child is the parent's: let go of its pipes, so that it sees the parent end."""
    child, _state.child = _state.child, None
    _state.lock = threading.Lock()  # a thread that did not survive the fork may have held it
    if child is not None:
        _close_pipes(child)
        child.process.returncode = 0  # not ours to wait for, nor to warn about


def _close_pipes(child: _Child) -> None:
    for pipe in (child.process.stdin, child.process.stdout):
        if pipe is not None:
            pipe.close()
