"""The pool of workers: order, failure, and an end to work that is given up."""

import os
import signal
import struct
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from reasoning.errors import InputError, QuorumError, RowError
from rerank.batch import MOST_DEATHS, PENDING_PER_WORKER, Pool

LONG_S = 20  # for the work to be given up long before it is done


def square(number: int) -> int:
    return number * number


def die(number: int) -> int:
    os._exit(number)


def die_of_two(number: int) -> int:
    return os._exit(1) if number == 2 else number * number


def fall_once(folder: Path) -> str:
    """Kill the worker at the first two attempts."""
    attempts = len(list(folder.iterdir()))
    (folder / str(attempts)).touch()
    if attempts < MOST_DEATHS - 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def fall_while_sending_once(folder: Path) -> str:
    """Kill the worker at the first attempt, when half of the result is in the pipe."""
    if not list(folder.iterdir()):
        (folder / "begun").touch()
        Connection._send_bytes = send_half_and_die  # type: ignore[attr-defined]
    return "done"


def send_half_and_die(pipe: Connection, message: bytes) -> None:
    half = bytes(message)[: len(message) // 2]
    os.write(pipe.fileno(), struct.pack("!i", len(message)) + half)
    os.kill(os.getpid(), signal.SIGKILL)


def refuse_row(number: int) -> int:
    raise RowError("rows.jsonl", number, "expected a row")


def num_threads(_: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


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


def work_and_tell(seconds: float) -> int:
    end_s = time.process_time() + seconds
    while time.process_time() < end_s:
        pass
    return os.getpid()


def test_no_worker_starts_before_there_is_work_for_it() -> None:
    with Pool(2) as pool:
        pids = list(pool.map(work_and_tell, [0.0, 0.3, 0.0, 0.0], alone_s=0.2))
        assert pids[:2] == [os.getpid()] * 2
        assert os.getpid() not in pids[2:]
        assert os.getpid() not in pool.map(work_and_tell, [0.0], alone_s=0.2)  # they are there now


def test_a_worker_that_dies_is_reported() -> None:
    with pytest.raises(QuorumError, match="--workers 1"), Pool(2) as pool:
        list(pool.map(die, [1]))


def test_an_item_that_kills_its_worker_is_set_aside_and_the_others_are_done() -> None:
    with Pool(2) as pool:
        results = dict(pool.each(die_of_two, range(6)))
    assert results == {0: (0,), 1: (1,), 2: None, 3: (9,), 4: (16,), 5: (25,)}


def test_an_item_gets_three_attempts(tmp_path: Path) -> None:
    with Pool(1) as pool:
        assert list(pool.each(fall_once, [tmp_path])) == [(tmp_path, ("done",))]


def test_a_worker_that_dies_while_it_sends_is_replaced(tmp_path: Path) -> None:
    with Pool(1) as pool:
        assert list(pool.each(fall_while_sending_once, [tmp_path])) == [(tmp_path, ("done",))]


def test_workers_that_die_whatever_they_do_end_the_run() -> None:
    with pytest.raises(QuorumError, match="all died with the first 3 batches"), Pool(3) as pool:
        list(pool.each(die, [1] * 50))


def test_an_error_of_the_work_is_the_error_of_the_run() -> None:
    """Also one that does not survive pickling as it is."""
    with pytest.raises(InputError, match=r"rows\.jsonl:7: expected a row"), Pool(2) as pool:
        list(pool.each(refuse_row, [7]))


def test_a_worker_computes_with_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with Pool(1) as pool:
        assert list(pool.each(num_threads, [0])) == [(0, ("1",))]


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
