"""The pool of workers: order, failure, and an end to work that is given up."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoning.errors import QuorumError
from rerank.batch import PENDING_PER_WORKER, Pool

LONG_S = 20  # for the work to be given up long before it is done


def square(number: int) -> int:
    return number * number


def die(number: int) -> int:
    os._exit(number)


def note_pid_and_work(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(LONG_S)
    (folder / "finished").touch()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_and_few_items_wait(workers: int) -> None:
    taken = []

    def items() -> Iterator[int]:
        for i in range(50):
            taken.append(i)
            yield i

    with Pool(workers) as pool:
        results = pool.map(square, items())
        assert next(results) == 0
        assert len(taken) <= PENDING_PER_WORKER * workers + 1
        assert list(results) == [i * i for i in range(1, 50)]


def test_a_worker_that_dies_is_reported() -> None:
    with pytest.raises(QuorumError, match="--workers 1"), Pool(2) as pool:
        list(pool.map(die, [1]))


def test_work_that_is_given_up_is_not_finished(tmp_path: Path) -> None:
    """An error, or Ctrl-C, while two tasks run and others wait: leaving the pool ends them all."""
    with pytest.raises(KeyboardInterrupt), Pool(2) as pool:
        next(pool.map(note_pid_and_work, interrupted_when_busy(tmp_path)))
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert len(workers) == 2
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def interrupted_when_busy(folder: Path) -> Iterator[Path]:
    yield from [folder] * 6
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
    raise KeyboardInterrupt
