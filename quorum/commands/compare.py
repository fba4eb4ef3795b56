"""`quorum compare`: two runs on the same problems, paired."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from quorum.commands.grading import add_grade_arguments, grade_files, policy, positive

if TYPE_CHECKING:
    from rerank.runs import Run

METRIC_NAMES = ("first", "pass", "maj1", "majk", "rr.all", "rr.majk", "w.rr", "w.rr.majk", "maj1.topn")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    kinds = "a sample file, a folder of them, or a report's folder"
    parser.add_argument("a", type=Path, metavar="A", help=f"the run to compare with: {kinds}")
    parser.add_argument("b", type=Path, metavar="B", help=f"the run in question: {kinds}")
    parser.add_argument(
        "--strategy", nargs="+", choices=METRIC_NAMES, help="what to compare (default: all that both have)"
    )
    parser.add_argument("--n", type=positive, help="samples per problem (default: the most that both runs have)")
    parser.add_argument("--k", type=positive, nargs="+", default=[8], help="K of MajK (default: 8)")
    parser.add_argument("--top-n", type=positive, nargs="+", default=[8], help="N of Maj1.TopN (default: 8)")
    parser.add_argument("--intersection", action="store_true", help="compare on the problems that both runs have")
    parser.add_argument("--seed", type=int, default=0, help="of drawn subsets and resamples (default: 0)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    add_grade_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    from rerank.comparison import compare_runs, comparison_markdown

    comparison = compare_runs(
        _run(args.a, args),
        _run(args.b, args),
        n=args.n,
        ks=args.k,
        top_ns=args.top_n,
        strategies=args.strategy,
        intersection=args.intersection,
        policy=policy(args),
        seed=args.seed,
    )
    if args.json:
        print(json.dumps(asdict(comparison), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        print(comparison_markdown(comparison), end="")
    return 0


def _run(path: Path, args: argparse.Namespace) -> "Run":
    from reasoning.formats import ReadCounts
    from rerank.runs import graded_run, report_file, reported_run

    reported = report_file(path)
    if reported is not None:
        return reported_run(str(path), reported)
    graded = grade_files([path], args, counts=ReadCounts())
    return graded_run(str(path), graded.problems, policy=policy(args).as_dict())
