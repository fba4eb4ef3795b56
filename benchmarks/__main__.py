"""All benchmarks, one after the other, into docs/benchmarks.md. Run by `make bench`.

    python -m benchmarks [NAME ...] [-o FILE]

Each measures ours against what a user would take instead, both in one run. A benchmark that fails is said to have
failed, and the exit code is 1.
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

from quorum.terminal import say
from reasoning.formats.write import atomic_file

HERE = Path(__file__).parent
VERSIONED = ("quorum-math", "torch", "transformers", "math-verify", "numpy")
LIMIT_S = 3600


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
    Benchmark("Scoring against a padded batch", "scoring"),
    Benchmark("Stopping against AdaptiveConsistency's rule", "stopping", ("coverage",)),
    Benchmark("What self-sampling adds to a step", "self_sampling"),
    Benchmark("The server against a bare FastAPI app", "server"),
    Benchmark("Reranking in bulk", "bulk", ("rows",)),
    Benchmark("Workers", "bulk", ("workers",)),
    Benchmark("How cost grows", "growth"),
)


def main() -> int:
    """Return 0 if all ran, 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = sorted({benchmark.script for benchmark in BENCHMARKS})
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=[[], *names], help=f"only these: {', '.join(names)}"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/benchmarks.md"))
    args = parser.parse_args()
    chosen = [benchmark for benchmark in BENCHMARKS if not args.names or benchmark.script in args.names]
    parts = [_opening()]
    has_failed = False
    for number, benchmark in enumerate(chosen, 1):
        say(f"[{number}/{len(chosen)}] {benchmark.command}")
        text, failed = run(benchmark)
        has_failed |= failed
        parts.append(text)
        with atomic_file(args.output) as file:  # what has run is kept
            file.write(("\n\n".join(parts) + "\n").encode())
    print(args.output)
    return int(has_failed)


def run(benchmark: Benchmark) -> tuple[str, bool]:
    """The section of a benchmark, and whether it failed."""
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
    took_s = time.monotonic() - start
    return f"## {benchmark.title}\n\n`{benchmark.command}`, {took_s:,.0f} s.\n\n```\n{printed}\n```", failed


def _opening() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONED)
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`: what each benchmark printed, ours and what a user would take instead measured in one "
        "run. Machines differ and are shared; read the ratios.\n\n"
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
