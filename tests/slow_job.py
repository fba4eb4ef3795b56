"""A sampling job with worker processes, to be killed.

python -m tests.slow_job OUTPUT LOG WORKERS PROBLEMS local|ray
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
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


def run(output: Path, log: Path, workers: int, num_problems: int, backend: str) -> None:
    if backend == "ray":
        from rerank.ray_backend import RayBackend

        sample_file(Slow(log), problems(num_problems), output, plan=PLAN, backend=RayBackend(workers))
        return
    with Pool(workers) as pool:
        sample_file(Slow(log), problems(num_problems), output, plan=PLAN, backend=pool.each)


def start(
    output: Path, log: Path, workers: int, num_problems: int, backend: str = "local", errors: Path | None = None
) -> subprocess.Popen[bytes]:
    """The job in a process of its own; `errors` is a file for what it prints."""
    command = [sys.executable, "-m", "tests.slow_job", str(output), str(log), str(workers), str(num_problems), backend]
    with open(errors, "ab") if errors else contextlib.nullcontext() as file:
        return subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=file, stderr=file)


# what a process of each kind has in its command line; the standard library and Ray start others beside them
KINDS = {"local": {"worker": b"spawn_main"}, "ray": {"worker": b"ray::MapWorker", "raylet": b"/raylet/raylet"}}


def processes_of(process: subprocess.Popen[bytes], backend: str) -> dict[str, list[int]]:
    """The job's processes by kind, where there are any."""
    found: dict[str, list[int]] = {"driver": [process.pid]}
    for pid in descendants(process.pid):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            for kind, mark in KINDS[backend].items():
                if mark in command:
                    found.setdefault(kind, []).append(pid)
    return found


def descendants(pid: int) -> Iterator[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            children += map(int, (task / "children").read_text().split())
    for child in children:
        yield child
        yield from descendants(child)


def run_killed(
    output: Path, log: Path, *, workers: int, num_problems: int, kills: int, seed: int, backend: str = "local"
) -> Counter[str]:
    """Run the job until it is done, killing one of its processes now and then with SIGKILL, each kind as often.

    Where the driver does not survive, which of Ray's it does not without the raylet, the job is started again.

    Returns:
        How many of each kind were killed.
    """
    chance = random.Random(seed)
    part, errors = output.with_name(output.name + ".part"), output.with_name("errors")
    num_batches = num_problems // BATCH
    killed: Counter[str] = Counter()
    process = start(output, log, workers, num_problems, backend, errors)
    try:
        while killed.total() < kills:
            before = len(list(part.glob("*.jsonl")))
            target = min(before + 1 + chance.randrange(3), num_batches - 1)
            while len(list(part.glob("*.jsonl"))) < target and process.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.random() * BATCH * SAMPLES * SAMPLE_S)
            found = processes_of(process, backend)
            if process.poll() == 0:
                break
            if process.poll() is None:
                kind = chance.choice(sorted(found))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(found[kind]), signal.SIGKILL)
                killed[kind] += 1
                if kind != "worker":
                    process.wait(timeout=120)
            if process.poll() is not None:
                process = start(output, log, workers, num_problems, backend, errors)
        assert process.wait() == 0, errors.read_text()
    finally:
        process.kill()
        process.wait()
    return killed


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
