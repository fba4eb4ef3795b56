"""The Ray backend gives what the local one gives; skipped where Ray is not installed."""

import os

import pytest

from reasoning.errors import InputError, RowError

pytest.importorskip("ray")

import ray

from rerank.batch import MOST_DEATHS
from rerank.ray_backend import RayBackend, _Attempts, _Worker


def die_of_two(number: int) -> int:
    return os._exit(1) if number == 2 else number * number


def refuse_row(number: int) -> int:
    raise RowError("rows.jsonl", number, "expected a row")


def test_results_and_an_item_that_kills_its_worker() -> None:
    assert dict(RayBackend(2)(die_of_two, range(5))) == {0: (0,), 1: (1,), 2: None, 3: (9,), 4: (16,)}


def test_an_error_of_the_work_is_the_error_of_the_run() -> None:
    with pytest.raises(InputError, match=r"rows\.jsonl:7: expected a row"):
        list(RayBackend(1)(refuse_row, [7]))


def test_an_item_that_is_done_is_never_set_aside() -> None:
    """Ray does it again when the machine with its result is lost."""
    list(RayBackend(1)(abs, [0]))  # starts Ray
    attempts = ray.remote(num_cpus=0)(_Attempts).remote()
    worker = _Worker(attempts, [ray.put(abs)], [ray.put(-7)])
    assert [worker._answer(0) for _ in range(MOST_DEATHS + 1)] == [("done", 7)] * (MOST_DEATHS + 1)
