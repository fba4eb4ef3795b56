"""Bulk sampling with SIGKILLs over the driver and its workers: the bytes of a run that nobody touched."""

from collections import Counter
from pathlib import Path

import pytest

from generator.sampling import sample_file
from reasoning.errors import InputError
from tests.slow_job import BATCH, PLAN, Slow, problems, run_killed, start

NUM_PROBLEMS, WORKERS = 80, 2


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    output = tmp_path / "whole.jsonl"
    sample_file(Slow(tmp_path / "whole.log"), problems(NUM_PROBLEMS), output, plan=PLAN)
    return output.read_bytes()


def test_kills_cost_a_batch_a_worker_and_change_nothing(whole: bytes, tmp_path: Path) -> None:
    output, log = tmp_path / "rows.jsonl", tmp_path / "log"
    killed = run_killed(output, log, workers=WORKERS, num_problems=NUM_PROBLEMS, kills=5, seed=1)
    assert output.read_bytes() == whole
    assert killed.total() == 5
    begun = Counter(log.read_text().splitlines())
    assert len(begun) == NUM_PROBLEMS // BATCH
    assert begun.total() <= NUM_PROBLEMS // BATCH + WORKERS * killed["driver"] + killed["worker"]


def test_a_second_driver_is_refused(tmp_path: Path) -> None:
    output, log = tmp_path / "rows.jsonl", tmp_path / "log"
    process = start(output, log, 1, NUM_PROBLEMS)
    try:
        while not log.exists():
            assert process.poll() is None
        with pytest.raises(InputError, match="expected to be alone in writing it, found another process that does"):
            sample_file(Slow(log), problems(NUM_PROBLEMS), output, plan=PLAN)
    finally:
        process.kill()
        process.wait()
