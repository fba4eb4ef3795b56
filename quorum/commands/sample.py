"""`quorum sample`: solutions of many problems, a canonical row each."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quorum.commands.bulk import add_bulk_arguments, chunk, chunk_output, is_elsewhere, opened_backend
from quorum.commands.grading import check_file, positive
from quorum.commands.reading import check_not_read
from quorum.commands.sampling import MODEL_HELP, add_sampling_arguments, sampling_params
from quorum.progress import Progress
from quorum.terminal import inert
from reasoning.errors import InputError

if TYPE_CHECKING:
    from generator.sampling import SamplingPlan, Tally
    from reasoning.engines import Sampler
    from reasoning.formats import Row
    from reasoning.problems import ProblemRow
    from rerank.stopping import VoteStop

PROBLEMS_PER_CALL = 32


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
    parser.add_argument(
        "--stop",
        metavar="RULE",
        help="draw fewer than --n samples where the vote needs no more: lossless, when the rest cannot change it; "
        "anytime:0.05 or budget:0.05, when it is settled but for this share of errors (default: always draw --n)",
    )
    add_bulk_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Sample into the output; a second run goes on where the first was cut off."""
    from generator.sampling import SamplingPlan, sample_file
    from quorum.load import check_option, weights_digest
    from reasoning.bulk import chunk_size
    from reasoning.problems import read_problems

    check_option("--device", args.device, args.generator)
    part = chunk(args)
    output = chunk_output(args.output, part)
    check_file(output)
    check_not_read([*args.problems, *([args.examples] if args.examples else [])], output)
    problems = _first(read_problems(args.problems), args.limit)
    plan = SamplingPlan(
        num_samples=args.n,
        params=sampling_params(args),
        seed=args.seed,
        greedy=args.greedy,
        examples=_examples(args.examples, problems),
        keep_fields=_names(args.keep_fields),
        problems_per_call=args.batch,
        stop=_stop(args),
    )
    sampler = _sampler(args)
    total = chunk_size(len(problems), part, per_batch=plan.problems_per_call) * plan.rows_per_problem
    with opened_backend(args) as backend, Progress(total, "samples", doing="sampling") as progress:
        tally = sample_file(
            sampler,
            problems,
            output,
            plan=plan,
            settings={"weights": weights_digest(args.generator, "generator")},
            overwrite=args.overwrite,
            backend=backend,
            chunk=part,
            on_resume=progress.resume,
            on_completion=None if is_elsewhere(args) else lambda one: progress.add(1, tokens=one.num_tokens),
            on_batch=(lambda rows: progress.add(len(rows), tokens=_tokens(rows))) if is_elsewhere(args) else None,
        )
    print(inert(f"{output}: {_closing(tally, plan)}"), file=sys.stderr)
    return 0


def _sampler(args: argparse.Namespace) -> "Sampler":
    """The generator, loaded where it is used."""
    from quorum.load import engine_name, load_generator

    if not is_elsewhere(args):
        return load_generator(args.generator, device=args.device)
    from quorum.elsewhere import GeneratorElsewhere

    return GeneratorElsewhere(engine_name(args.generator, "generator"), args.generator, args.device)


def _tokens(rows: "Sequence[Row]") -> int:
    return sum(row.num_generated_tokens or 0 for row in rows)


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


def _stop(args: argparse.Namespace) -> "VoteStop | None":
    if args.stop is None:
        return None
    from rerank.stopping import GUARANTEED, VoteStop, parse_rule

    return VoteStop(parse_rule(args.stop, among=GUARANTEED), budget=args.n)


def _closing(tally: "Tally | None", plan: "SamplingPlan") -> str:
    if tally is None:
        return "complete already; --overwrite samples again"
    parts = [f"{tally.rows:,} samples of {tally.problems:,} {'problem' if tally.problems == 1 else 'problems'}"]
    if plan.stop is not None:
        parts.append(f"{tally.rows / (tally.problems * plan.rows_per_problem):.0%} of all were needed")
    if tally.graded:
        parts.append(f"{tally.correct / tally.graded:.1%} correct")
    parts += [
        f"{number:,} {what}"
        for number, what in ((tally.unanswered, "without an answer"), (tally.failed, "failed"))
        if number
    ]
    return ", ".join(parts)
