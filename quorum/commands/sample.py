"""`quorum sample`: solutions of many problems, a canonical row each."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorum.commands.grading import check_file, positive
from quorum.commands.sampling import MODEL_HELP, add_sampling_arguments, sampling_params
from quorum.terminal import inert
from reasoning.errors import InputError

if TYPE_CHECKING:
    from generator.sampling import Tally
    from reasoning.engines import Completion
    from reasoning.problems import ProblemRow

PROBLEMS_PER_CALL = 32
LINE_EVERY_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("problems", type=Path, nargs="+", metavar="PROBLEMS", help="files as `quorum data` writes them")
    parser.add_argument("-o", "--output", type=Path, required=True, help="rows: .jsonl, .jsonl.gz or .parquet")
    parser.add_argument("--generator", "--model", required=True, metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--limit", type=positive, metavar="L", help="only the first L problems (default: all)")
    add_sampling_arguments(parser, n=64, temperature=0.6, top_p=0.95)
    parser.add_argument(
        "--greedy", action="store_true", help="also one greedy sample a problem, the last, which reports keep apart"
    )
    parser.add_argument(
        "--examples", type=Path, metavar="FILE", help="problems with solutions to put before each problem"
    )
    parser.add_argument(
        "--keep-fields",
        metavar="A,B",
        help='fields of the problems that rows repeat, as solution,template; "" for none (default: all)',
    )
    parser.add_argument(
        "--batch",
        type=positive,
        default=PROBLEMS_PER_CALL,
        metavar="B",
        help=f"problems at a time; what a kill costs at most (default: {PROBLEMS_PER_CALL})",
    )
    parser.add_argument("--overwrite", action="store_true", help="start again instead of going on or stopping")


def run(args: argparse.Namespace) -> int:
    """Sample into the output; a second run goes on where the first was cut off."""
    from generator.sampling import SamplingPlan, sample_file
    from quorum.load import load_generator, weights_digest
    from reasoning.problems import read_problems

    check_file(args.output)
    problems = _first(read_problems(args.problems), args.limit)
    plan = SamplingPlan(
        num_samples=args.n,
        params=sampling_params(args),
        seed=args.seed,
        greedy=args.greedy,
        examples=_examples(args.examples, problems),
        keep_fields=_names(args.keep_fields),
        problems_per_call=args.batch,
    )
    sampler = load_generator(args.generator, device=args.device)
    with _progress(len(problems) * plan.rows_per_problem) as progress:
        tally = sample_file(
            sampler,
            problems,
            args.output,
            plan=plan,
            settings={"weights": weights_digest(args.generator, "generator")},
            overwrite=args.overwrite,
            on_resume=progress.start,
            on_completion=progress.add,
        )
    print(inert(f"{args.output}: {_closing(tally, len(problems))}"), file=sys.stderr)
    return 0


def _first(problems: "Iterator[ProblemRow]", limit: int | None) -> "list[ProblemRow]":
    from itertools import islice

    return list(islice(problems, limit))


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _examples(path: Path | None, problems: "list[ProblemRow]") -> tuple[tuple[str, str], ...]:
    """The (problem, solution) pairs of a file.

    Raises:
        InputError: one has no solution, or is among the problems.
    """
    if path is None:
        return ()
    from reasoning.problems import problem_hash, read_problems

    asked = {problem_hash(problem.problem) for problem in problems}
    pairs = []
    for row in read_problems([path]):
        if not row.solution:
            raise InputError(f"{path}: expected a solution in every example, found none in {row.id!r}; leave it out")
        if problem_hash(row.problem) in asked:
            raise InputError(f"{path}: expected other problems than those to solve, found {row.id!r}; leave it out")
        pairs.append((row.problem, row.solution))
    return tuple(pairs)


class _Progress:
    """Rate and time left: a bar on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: Any = None
        self._done = self._resumed = self._tokens = 0
        self._start = self._last = time.monotonic()

    def start(self, num_rows: int) -> None:
        self._done = self._resumed = num_rows
        self._start = self._last = time.monotonic()
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, initial=num_rows, unit=" samples", desc="sampling", leave=False)
        elif num_rows:
            print(f"goes on after {num_rows:,} of {self._total:,} samples", file=sys.stderr, flush=True)

    def add(self, completion: "Completion") -> None:
        self._done += 1
        self._tokens += completion.num_tokens
        if self._bar is not None:
            self._bar.update()
        elif time.monotonic() - self._last >= LINE_EVERY_S:
            self._last = time.monotonic()
            print(self._line(self._last - self._start), file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, elapsed_s: float) -> str:
        rate = (self._done - self._resumed) / elapsed_s
        left_s = int((self._total - self._done) / rate)
        left = f"{left_s // 3600}:{left_s // 60 % 60:02}:{left_s % 60:02}"
        speed = f"{rate:,.1f} samples/s, {self._tokens / elapsed_s:,.0f} tokens/s"
        return f"{self._done:,} of {self._total:,} samples, {speed}, {left} left"


@contextmanager
def _progress(total: int) -> Iterator[_Progress]:
    progress = _Progress(total)
    try:
        yield progress
    finally:
        progress.close()


def _closing(tally: "Tally | None", num_problems: int) -> str:
    if tally is None:
        return "complete already; --overwrite samples again"
    parts = [f"{tally.rows:,} samples of {num_problems:,} {'problem' if num_problems == 1 else 'problems'}"]
    if tally.graded:
        parts.append(f"{tally.correct / tally.graded:.1%} correct")
    parts += [
        f"{number:,} {what}"
        for number, what in ((tally.unanswered, "without an answer"), (tally.failed, "failed"))
        if number
    ]
    return ", ".join(parts)
