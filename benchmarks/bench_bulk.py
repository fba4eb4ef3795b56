"""Bulk work: memory and rate of reranking up to a million rows, what kills cost, and what a second worker brings.

python benchmarks/bench_bulk.py rows --sizes 10000 100000 1000000
python benchmarks/bench_bulk.py kills --kills 50 [--backend ray]
python benchmarks/bench_bulk.py workers [--rounds 3]
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.ratios import in_turn, ratio_of, tell
from generator.sampling import SamplingPlan, sample_file
from reasoning.engines import Completion, Request, SamplingParams
from reasoning.problems.arith import arith_problems
from rerank.batch import Pool
from tests.slow_job import BATCH, PLAN, Slow, problems, run_killed

SAMPLES = 64
WORKERS = (1, 2, 4)
LOOP = "x = 1\nfor _ in range(20_000_000): x = (x * 6364136223846793005 + 1442695040888963407) % 2**64"
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


def measure_workers(rounds: int) -> None:
    """Three kinds of work with one, two and four workers, in turn, from start to end; before it, what a second process
    is worth on this machine where nothing is shared."""
    one, two = in_turn([partial(unrelated, 1), partial(unrelated, 2)], rounds=rounds)
    tell("two Python processes that share nothing", "one after the other", ratio_of(two, [2 * s for s in one]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.jsonl", 100_000)
        with (folder / "problems.jsonl").open("w") as file:
            file.writelines(row.to_json() + "\n" for row in arith_problems("test", limit=320))
        works: dict[str, Callable[[int, Path], None]] = {
            "an engine that only computes": sample_busy,
            "rerank 100,000 rows": lambda workers, output: quorum(
                "rerank", folder / "rows.jsonl", "--strategy", "w.rr", "--workers", workers, "-o", output
            ),
            "sample 320 problems x 16, embedded": lambda workers, output: quorum(
                "sample", folder / "problems.jsonl", "--generator", "embedded", "--n", 16, "--workers", workers,
                "--max-tokens", 100, "-o", output,
            ),
        }  # fmt: skip
        for what, work in works.items():
            outputs = [folder / f"{workers}.jsonl" for workers in WORKERS]
            one, two, four = in_turn(
                [partial(from_nothing, work, w, output) for w, output in zip(WORKERS, outputs, strict=True)],
                rounds=rounds,
            )
            same = len({output.read_bytes() for output in outputs}) == 1
            shown = ", ".join(f"{median(seconds):.1f}" for seconds in (one, two, four))
            print(f"{what}: {shown} s with 1, 2, 4 workers; same bytes: {same}")
            tell(f"{what}, two workers", "one worker", ratio_of(two, one))
            tell(f"{what}, four workers", "one worker", ratio_of(four, one))


def from_nothing(work: Callable[[int, Path], None], workers: int, output: Path) -> None:
    output.unlink(missing_ok=True)
    output.with_name(output.name + ".settings").unlink(missing_ok=True)
    work(workers, output)


def unrelated(number: int) -> None:
    """So many processes at a time, each with a loop of its own."""
    for process in [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(number)]:
        process.wait()


def sample_busy(workers: int, output: Path) -> None:
    plan = SamplingPlan(num_samples=SAMPLES, params=SamplingParams(), problems_per_call=4)
    with Pool(workers) as pool:
        sample_file(Busy(rounds=4000), problems(192), output, plan=plan, backend=pool.each)


def quorum(*arguments: object) -> None:
    command = [sys.executable, "-m", "quorum", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("rows", "kills", "workers", "all"), nargs="?", default="all")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--backend", choices=("local", "ray"), default="local", help="of what is killed")
    parser.add_argument("--rounds", type=int, default=3, help="of workers")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.what in ("rows", "all"):
        measure_rows(args.sizes, args.workers)
    if args.what in ("kills", "all"):
        measure_kills(args.kills, args.seed, args.backend)
    if args.what in ("workers", "all"):
        measure_workers(args.rounds)
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
