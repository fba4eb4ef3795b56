"""A sampling job with worker processes, to be killed: `python -m tests.slow_job OUTPUT LOG WORKERS PROBLEMS`."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from generator.sampling import SamplingPlan, sample_file
from reasoning.engines import Completion, Request, SamplingParams
from reasoning.problems import ProblemRow
from rerank.batch import Pool

BATCH, SAMPLES = 4, 3
SAMPLE_S = 0.004
PLAN = SamplingPlan(num_samples=SAMPLES, params=SamplingParams(max_tokens=64), seed=7, problems_per_call=BATCH)


@dataclass(frozen=True)
class Slow:
    """What it says is a function of prompt and seed; each batch that it begins is a line of the log."""

    log: Path
    name: str = "slow"

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        with self.log.open("a") as file:
            file.write(f"{requests[0].prompt.splitlines()[0]}\n")
        for i, request in enumerate(requests):
            for j, seed in enumerate(request.seeds):
                time.sleep(SAMPLE_S)
                text = f"so\n#### {Random(f'{request.prompt} {seed}').randrange(5)}"
                yield Completion(i, j, text, 3, 9, "stop")


def problems(number: int) -> list[ProblemRow]:
    return [ProblemRow(id=f"p{i}", problem=f"What is {i}?", expected_answer=str(i % 5)) for i in range(number)]


def run(output: Path, log: Path, workers: int, num_problems: int) -> None:
    with Pool(workers) as pool:
        sample_file(Slow(log), problems(num_problems), output, plan=PLAN, backend=pool.each)


def start(output: Path, log: Path, workers: int, num_problems: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.slow_job", str(output), str(log), str(workers), str(num_problems)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[1])


def worker_pids(process: subprocess.Popen[bytes]) -> list[int]:
    """The worker processes of a job; the standard library starts another one, which tracks resources."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for pid in children.read_text().split():
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(int(pid))
    return found


def run_killed(output: Path, log: Path, *, workers: int, num_problems: int, kills: int, seed: int) -> tuple[int, int]:
    """Run the job until it is done, killing its driver or one of its workers now and then with SIGKILL.

    Returns:
        How many times the driver, and how many times a worker, was killed.
    """
    chance = random.Random(seed)
    part = output.with_name(output.name + ".part")
    num_batches = num_problems // BATCH
    drivers = workers_killed = 0
    process = start(output, log, workers, num_problems)
    try:
        while drivers + workers_killed < kills:
            before = len(list(part.glob("*.jsonl")))
            target = min(before + 1 + chance.randrange(3), num_batches - 1)
            while len(list(part.glob("*.jsonl"))) < target and process.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.random() * BATCH * SAMPLES * SAMPLE_S)
            pids = worker_pids(process)
            if process.poll() is not None:
                break
            if chance.random() < 0.5 or not pids:
                process.kill()
                process.wait()
                drivers += 1
                process = start(output, log, workers, num_problems)
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(pids), signal.SIGKILL)
                workers_killed += 1
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()
    return drivers, workers_killed


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
