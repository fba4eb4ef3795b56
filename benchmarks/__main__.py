"""All benchmarks, one after the other, into docs/benchmarks.md. Run by `make bench`.

    python -m benchmarks [NAME ...] [-o FILE]

Each measures ours against what a user would take instead, both in one run. The document begins with all ratios. A
benchmark that fails is said to have failed, and the exit code is 1.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.ratios import MARK
from quorum.terminal import say
from reasoning.formats.write import atomic_file

HERE = Path(__file__).parent
VERSIONED = ("quorum-math", "torch", "transformers", "math-verify", "numpy")
LIMIT_S = 3600
DEMO = "quorum/embedded/demo_samples.jsonl.gz"
DOCUMENT = Path("docs/benchmarks.md")


@dataclass(frozen=True)
class Benchmark:
    """One table of the document.

    Attributes:
        title: its heading.
        script: in this folder, without `bench_` and `.py`.
        arguments: of the command line.
    """

    title: str
    script: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        return " ".join(["python", f"benchmarks/bench_{self.script}.py", *self.arguments])


BENCHMARKS = (
    Benchmark("Clustering and grading against Math-Verify", "answers"),
    Benchmark("Finding answers against a regular expression", "extraction"),
    Benchmark("Running programs against compile and exec", "programs", ("speed",)),
    Benchmark("Exact estimators against drawing", "estimators"),
    Benchmark("Sampling against `generate` problem by problem", "engines"),
    Benchmark("Sampling from a model whose samples share nothing", "engines", ("--untrained", "--problems", "2")),
    Benchmark("Scoring against a padded batch", "scoring"),
    Benchmark("Stopping early against a fixed number of samples", "stopping", ("files", DEMO)),
    Benchmark("Errors of stopping rules in simulation", "stopping", ("coverage",)),
    Benchmark("What self-sampling adds to a step", "self_sampling"),
    Benchmark("The server against a bare FastAPI app", "server"),
    Benchmark("Reranking in bulk", "bulk", ("rows",)),
    Benchmark("Workers", "bulk", ("workers",)),
    Benchmark("How cost grows", "growth"),
)


def main() -> int:
    """Return 0 if all ran, 1 if one failed, 2 if there is no such benchmark."""
    args = _arguments()
    chosen = [benchmark for benchmark in BENCHMARKS if not args.names or benchmark.script in args.names]
    output = args.output or (None if args.names else DOCUMENT)
    opening, ratios, sections = _opening(), [], []
    has_failed = False
    for number, benchmark in enumerate(chosen, 1):
        say(f"[{number}/{len(chosen)}] {benchmark.command}")
        printed, took_s, failed = run(benchmark)
        has_failed |= failed
        if output is None:
            print(printed, flush=True)
            continue
        lines = printed.splitlines()
        ratios += [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
        sections.append(_section(benchmark, [line for line in lines if not line.startswith(MARK)], took_s))
        with atomic_file(output) as file:  # what has run is kept
            file.write(("\n\n".join([opening, _table(ratios), *sections]) + "\n").encode())
    if output is not None:
        print(output)
    return int(has_failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = sorted({benchmark.script for benchmark in BENCHMARKS})
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(names)}")
    where = f"for the document (default: {DOCUMENT}; with names, what they print goes to standard output)"
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=where)
    args = parser.parse_args()
    if unknown := sorted({*args.names}.difference(names)):
        parser.error(f"expected names out of {', '.join(names)}; found {', '.join(unknown)}")
    return args


def run(benchmark: Benchmark) -> tuple[str, float, bool]:
    """What a benchmark prints, its seconds, and whether it failed."""
    start = time.monotonic()
    command = [sys.executable, str(HERE / f"bench_{benchmark.script}.py"), *benchmark.arguments]
    try:
        done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, timeout=LIMIT_S)
        printed, failed = done.stdout.strip(), done.returncode != 0
        if failed:
            say(done.stderr[-4000:])
            printed = f"{printed}\nfailed with exit code {done.returncode}".strip()
    except subprocess.TimeoutExpired:
        printed, failed = f"not done after {LIMIT_S:,} s", True
    return printed, time.monotonic() - start, failed


def _table(ratios: list[str]) -> str:
    head = "| what | instead of | ratio |\n| --- | --- | ---: |"
    return "\n".join([head, *(f"| {ratio} |" for ratio in ratios)])


def _section(benchmark: Benchmark, lines: list[str], took_s: float) -> str:
    text = "\n".join(lines).strip()
    return f"## {benchmark.title}\n\n`{benchmark.command}`, {took_s:,.0f} s.\n\n```\n{text}\n```"


def _opening() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONED)
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`: ours and what a user would take instead, measured in one run, in turn. Machines "
        "differ and are shared, so read the ratios: above 1 ours is faster, or needs less. Given are the median and, "
        "in brackets, the least and the most. Below them is what each benchmark printed.\n\n"
        f"Machine: {_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, no accelerator used; "
        f"Python {platform.python_version()}, {versions}; load average {os.getloadavg()[0]:.1f} before the start."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


if __name__ == "__main__":
    sys.exit(main())
