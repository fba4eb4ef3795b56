"""Programs in worker processes: the same outcomes, whatever happens to a worker."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoning.programs import execute, execute_many, pool
from reasoning.programs.child import end, receive, start

SLOW = "x = 1\nfor i in range(20000):\n    x = x * 3 % 1000007"  # some ten milliseconds
SOURCES = [
    "a = 2\nanswer = a * 3",
    "answer = 1 / 3",
    "while True:\n    pass",
    "answer = 2 ** 4095",
    "answer = -0.0",
    "answer = 1e308",
    "nothing",
    "",
    "answer = 1 # \u00e9",
    "answer = '\ud800'",
    "answer = 1\n" * 10_000,
    "\x00" * 8192,
    '"\\' * 4096,
]

linux_only = pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads /proc")


@pytest.fixture(autouse=True, scope="module")
def _closed_afterwards() -> Iterator[None]:
    yield
    pool.close()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_what_one_process_gives(workers: int) -> None:
    sources = [*SOURCES, *(f"n0 = {i}\nt0 = n0 * 1.5\nanswer = t0 - 7" for i in range(500))]
    assert execute_many(sources, workers=workers) == [execute(source) for source in sources]


def test_nothing_to_do() -> None:
    assert execute_many([]) == []
    with pytest.raises(ValueError, match="at least 1; got 0"):
        execute_many(["answer = 1"], workers=0)


def test_workers_stay() -> None:
    execute_many(SOURCES, workers=1)
    pids = pool.worker_pids()
    execute_many(SOURCES, workers=1)
    assert pool.worker_pids() == pids != []


def test_a_worker_that_was_killed_is_replaced() -> None:
    execute_many(SOURCES, workers=1)
    for pid in pool.worker_pids():
        os.kill(pid, signal.SIGKILL)
    assert execute_many(["answer = 7"], workers=1)[0].answer == 7


def test_the_culprit_alone_is_blamed() -> None:
    quick = [f"answer = {i}" for i in range(40)]
    execute_many(quick, workers=1)
    pids = pool.worker_pids()
    executions = execute_many([*quick[:25], SLOW, *quick[25:]], workers=1, deadline_s=0.001)
    assert executions.pop(25).status == "timeout"
    assert [execution.answer for execution in executions] == list(range(40))
    assert pool.worker_pids() != pids


@linux_only
def test_a_worker_can_do_nothing_but_compute() -> None:
    execute_many(SOURCES, workers=1)
    limits = Path(f"/proc/{pool.worker_pids()[0]}/limits").read_text()
    soft = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert soft["Max processes"] == soft["Max file size"] == soft["Max core file size"] == "0"
    assert int(soft["Max open files"]) <= 16
    assert int(soft["Max address space"]) <= 512 * 2**20


def test_a_worker_ends_with_its_parent() -> None:
    child = start()
    assert child.process.stdin is not None
    child.process.stdin.close()
    assert not receive(child)
    assert end(child) in (0, -signal.SIGKILL)


def test_a_forked_process_starts_workers_of_its_own() -> None:
    program = (
        "import os\nfrom reasoning.programs import execute_many, pool\n"
        "execute_many(['answer = 1'], workers=1)\nbefore = pool.worker_pids()\n"
        "if os.fork() == 0:\n"
        "    same = execute_many(['answer = 2'], workers=1)[0].answer == 2 and pool.worker_pids() != before\n"
        "    pool.close()\n    os._exit(0 if same else 1)\n"
        "assert os.wait()[1] == 0\nassert execute_many(['answer = 3'], workers=1)[0].answer == 3\n"
        "assert pool.worker_pids() == before\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
