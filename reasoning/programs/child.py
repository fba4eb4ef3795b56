"""One worker process as its parent sees it: start it, give it a batch, read its reply, end it."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.errors import QuorumError

START_TIMEOUT_S = 60.0  # imports take a tenth of a second; a loaded machine may need many
MAX_REPLY_BYTES = 2**23  # far more than the states of a batch
_READ_BYTES = 2**16


@dataclass(slots=True)
class Child:
    """A worker and what it has written of its next reply."""

    process: subprocess.Popen[bytes]
    unread: bytes = b""

    @property
    def descriptor(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()


def start() -> Child:
    """A new worker that is ready for a batch.

    Raises:
        QuorumError: it does not start.
    """
    child = Child(_spawn())
    deadline = time.monotonic() + START_TIMEOUT_S
    while b"\n" not in child.unread:
        poller = select.poll()
        poller.register(child.descriptor, select.POLLIN)
        if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000) or not receive(child):
            raise QuorumError(
                f"expected a program worker to start within {START_TIMEOUT_S:.0f} s, found that it ended or hung "
                f"(exit status {end(child)}); to see why, run: {sys.executable} -m reasoning.programs.worker"
            )
    child.unread = b""
    return child


def send(child: Child, sources: Sequence[str], deadline_s: float) -> bool:
    """Give a worker a batch, to be done within processor seconds; False if the worker has ended."""
    assert child.process.stdin is not None
    try:
        child.process.stdin.write(json.dumps([deadline_s, sources]).encode() + b"\n")
    except BrokenPipeError:
        return False
    return True


def receive(child: Child) -> bool:
    """Read what a worker has written; False at its end, or when what it writes has none."""
    received = os.read(child.descriptor, _READ_BYTES)
    child.unread += received
    return bool(received) and len(child.unread) < MAX_REPLY_BYTES


def take_reply(child: Child) -> list[Any] | None:
    """The reply, if it has arrived to its end."""
    line, found, rest = child.unread.partition(b"\n")
    if not found:
        return None
    child.unread = rest
    reply: list[Any] = json.loads(line)
    return reply


def end(child: Child) -> int:
    """Kill a worker with everything in its group; its exit status, negative for the signal that ended it."""
    status = child.process.poll()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    let_go(child)
    return child.process.wait() if status is None else status


def let_go(child: Child) -> None:
    """Close the pipes, which also lets the worker end."""
    for pipe in (child.process.stdin, child.process.stdout):
        if pipe is not None:
            pipe.close()


def _spawn() -> subprocess.Popen[bytes]:
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "reasoning.programs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PATH": os.defpath},
        start_new_session=True,  # a group of its own to kill, and no interrupt from the terminal
    )
