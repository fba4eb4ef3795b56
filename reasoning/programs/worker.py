"""The child process of pool.py: `python -m reasoning.programs.worker`.

Reads one JSON line a batch from standard input, [deadline in processor seconds, [source, ...]], and writes one JSON
line, [[status, answer, [state, ...]], ...]. The first line written says that it is ready. It ends at the end of its
input, at its memory or processor limit, or when its parent kills it.
"""

import gc
import json
import os
import resource
import signal
from typing import BinaryIO

MEMORY_BYTES = 512 * 2**20
MAX_OPEN_FILES = 16
GARBAGE_THRESHOLD = 50_000  # compiled steps are many small objects that live long; looking through them is a third


def main() -> None:
    requests, replies = _take_over_pipes()
    from reasoning.programs.execution import execute

    gc.set_threshold(GARBAGE_THRESHOLD)
    execute("answer = sum([i for i in range(3)])")  # what is imported late
    _limit_process()
    _reply(replies, "ready")
    for line in requests:
        deadline_s, sources = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, deadline_s)  # the signal has its default action here, which is to end
        executions = [execute(source) for source in sources]
        signal.setitimer(signal.ITIMER_PROF, 0)
        _reply(replies, [(e.status, e.answer, e.states) for e in executions])


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to the parent and leave the null device in their place."""
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


def _reply(pipe: BinaryIO, message: object) -> None:
    pipe.write(json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n")
    pipe.flush()


if __name__ == "__main__":
    main()
