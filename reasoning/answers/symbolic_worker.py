"""The child process of symbolic.py: `python -m reasoning.answers.symbolic_worker`.

Reads one JSON line a request from standard input, {"id", "text", "deadline_s"}, and writes one JSON line a
reply, {"id", "latex", "rss_mb"}, where a null latex is an undecided answer. The first line written says that
it is ready. It ends at the end of its input, at its memory or processor limit, or when its parent kills it.
"""

import contextlib
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

MEMORY_BYTES = 1536 * 2**20
MAX_OPEN_FILES = 32  # sympy imports some of its modules when they are first needed
RECURSION_LIMIT = 3000  # the generated parser is recursive; nesting is bounded before it
CPU_SLACK_S = 1

# What the first request would otherwise wait for: modules imported late and the parser's tables
_WARM_UP = (
    r"\int_0^1 \frac{x}{2} dx",
    r"\lim_{x \to 0} \frac{\sin(x)}{x}",
    r"\sum_{n=1}^{\infty} \frac{1}{n^2}",
)


def main() -> None:
    requests, replies = _take_over_pipes()
    from reasoning.answers.symbolic_rewrite import rewrite_answer  # after the pipes: imports may print

    sys.setrecursionlimit(RECURSION_LIMIT)
    _limit_process()
    for text in _WARM_UP:
        rewrite_answer(text)
    _reply(replies, {"ready": True})
    for request in _requests(requests):
        _limit_processor(request["deadline_s"])
        try:
            latex: str | None = rewrite_answer(request["text"])
        except Exception:  # every failure of the algebra system, memory and recursion included, is undecided
            latex = None
        signal.setitimer(signal.ITIMER_PROF, 0)
        _reply(replies, {"id": request["id"], "latex": latex, "rss_mb": _rss_mb()})


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to the parent and give libraries that read or print nothing but the null device."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    return requests, replies


def _limit_process() -> None:
    """No growth, no new process, no written file, no core dump; a limit that is already lower stays."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (lowest, lowest))


def _limit_processor(deadline_s: float) -> None:
    """The kernel ends this process once it has used so many processor seconds, and again a little later."""
    signal.setitimer(signal.ITIMER_PROF, deadline_s)  # SIGPROF has its default action here, which is to end
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(usage.ru_utime + usage.ru_stime + deadline_s) + CPU_SLACK_S
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _requests(pipe: BinaryIO) -> Iterator[dict[str, Any]]:
    for line in pipe:
        yield json.loads(line)


def _reply(pipe: BinaryIO, message: dict[str, object]) -> None:
    pipe.write(json.dumps(message).encode() + b"\n")
    pipe.flush()


def _rss_mb() -> int:
    """The largest resident set so far, of this program alone.

    Linux hands ru_maxrss on from the parent's memory at the time of the fork, so a parent that holds a model would have
    its child recycled at each question; /proc does not.
    """
    with contextlib.suppress(FileNotFoundError):
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 2**10
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


if __name__ == "__main__":
    main()
