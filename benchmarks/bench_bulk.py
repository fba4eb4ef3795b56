"""Bulk work: memory and rate of reranking up to a million rows, what kills cost, and what a second worker brings.

python benchmarks/bench_bulk.py rows --sizes 10000 100000 1000000
python benchmarks/bench_bulk.py kills --kills 50 [--backend ray]
python benchmarks/bench_bulk.py workers
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.sampling import SamplingPlan, sample_file
from reasoning.engines import Completion, Request, SamplingParams
from rerank.batch import Pool
from tests.slow_job import BATCH, PLAN, Slow, problems, run_killed

SAMPLES = 64
MEASURED = """
import resource, sys
from quorum.cli import main
code = main(sys.argv[1:])
own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print("measured", own.ru_maxrss, workers.ru_maxrss, own.ru_utime + own.ru_stime, workers.ru_utime + workers.ru_stime)
sys.exit(code)
"""


def write_rows(path: Path, num_rows: int) -> None:
    """Samples of 64 a problem with solutions of some lines, a fifth of them wrong in some way of their own."""
    chance = random.Random(0)
    with path.open("w") as file:
        for i in range(num_rows):
            problem, sample = divmod(i, SAMPLES)
            price, count = problem % 97 + 2, problem % 13 + 2
            answer = price * count + (chance.randrange(1, 20) if chance.random() < 0.2 else 0)
            row = {
                "id": f"p{problem}",
                "sample": sample,
                "problem": f"Each of {count} boxes costs ${price}. How much do the boxes cost together?",
                "expected_answer": str(price * count),
                "generation": f"There are {count} boxes, and each of them costs ${price}.\n"
                f"So all of them cost {count} * {price} = ${answer}.\nThe answer is $\\boxed{{{answer}}}$.",
                "reward_model_score": round(chance.random(), 6),
            }
            file.write(json.dumps(row) + "\n")


def measure_rows(sizes: Sequence[int], workers: int) -> None:
    print(
        f"quorum rerank --strategy w.rr --workers {workers}: grades, clusters and chooses; {SAMPLES} samples a problem"
    )
    print("rows, MiB of input, seconds, rows/s, processor s (main, workers), peak MiB (main, largest worker)")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder) / "rows.jsonl", Path(folder) / "out.jsonl"
            write_rows(source, size)
            command = ["rerank", str(source), "--strategy", "w.rr", "-o", str(output), "--workers", str(workers)]
            start = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=True
            )
            took_s = time.monotonic() - start
            numbers = [float(number) for number in done.stdout.split("measured ")[1].split()]
            memory = f"{numbers[0] / 1024:.0f}, {numbers[1] / 1024:.0f}"
            print(
                f"{size:,}, {source.stat().st_size / 2**20:.0f}, {took_s:.1f}, {size / took_s:,.0f}, "
                f"({numbers[2]:.1f}, {numbers[3]:.1f}), ({memory})",
                flush=True,
            )


def measure_kills(kills: int, seed: int, backend: str) -> None:
    """As tests/end_to_end/test_bulk_killed.py, longer."""
    num_problems, workers = 8 * kills + 40, 2
    with tempfile.TemporaryDirectory() as folder:
        whole, output, log = (Path(folder) / name for name in ("whole.jsonl", "rows.jsonl", "log"))
        sample_file(Slow(Path(folder) / "whole.log"), problems(num_problems), whole, plan=PLAN)
        killed = run_killed(
            output, log, workers=workers, num_problems=num_problems, kills=kills, seed=seed, backend=backend
        )
        begun = Counter(log.read_text().splitlines())
        again = begun.total() - num_problems // BATCH
        same = output.read_bytes() == whole.read_bytes()
    counts = ", ".join(f"{number} of a {kind}" for kind, number in sorted(killed.items()))
    allowed = workers * (killed.total() - killed["worker"]) + killed["worker"]
    print(f"{backend}, {workers} workers, kills: {counts}; same bytes: {same}; batches:")
    print(f"{num_problems // BATCH} in all, {len(begun)} begun, {again} begun again, at most {allowed} allowed")


@dataclass(frozen=True)
class Busy:
    """An engine that takes processor time and none of it from others."""

    rounds: int
    name: str = "busy"

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        for i, request in enumerate(requests):
            for j, seed in enumerate(request.seeds):
                number = seed
                for _ in range(self.rounds):
                    number = (number * 6364136223846793005 + 1442695040888963407) % 2**64
                yield Completion(i, j, f"#### {number % 5}", 3, 9, "stop")


def measure_workers(num_problems: int, rounds: int) -> None:
    """The processor time that work is divided into: what the driver does alone bounds the gain of more workers."""
    plan = SamplingPlan(num_samples=SAMPLES, params=SamplingParams(), problems_per_call=4)
    outputs: set[bytes] = set()
    print("workers, seconds, processor s of the driver, of all workers, gain that this allows on free cores")
    alone = 0.0
    for workers in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "rows.jsonl"
            before, start = os.times(), time.monotonic()
            with Pool(workers) as pool:
                sample_file(Busy(rounds), problems(num_problems), output, plan=plan, backend=pool.each)
            took_s, after = time.monotonic() - start, os.times()
            outputs.add(output.read_bytes())
        driver_s = after.user + after.system - before.user - before.system
        workers_s = after.children_user + after.children_system - before.children_user - before.children_system
        alone = alone or max(driver_s, workers_s)
        gain = alone / max(driver_s, workers_s / workers)
        print(f"{workers}, {took_s:.1f}, {driver_s:.2f}, {workers_s:.2f}, {gain:.2f}", flush=True)
    print(f"same bytes: {len(outputs) == 1}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("rows", "kills", "workers", "all"), nargs="?", default="all")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--backend", choices=("local", "ray"), default="local", help="of what is killed")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.what in ("rows", "all"):
        measure_rows(args.sizes, args.workers)
    if args.what in ("kills", "all"):
        measure_kills(args.kills, args.seed, args.backend)
    if args.what in ("workers", "all"):
        measure_workers(num_problems=64, rounds=4000)
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
