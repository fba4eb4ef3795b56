"""`quorum compare`: two runs on the same problems, paired."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from quorum.commands.grading import (
    add_grade_arguments,
    add_unlabelled_argument,
    extraction,
    file_facts,
    grade_files,
    policy,
    positive,
    read_warnings,
    sample_files,
    seed,
)
from rerank.naming import STEMS
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N

if TYPE_CHECKING:
    from rerank.runs import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    kinds = "a sample file, a folder of them, or a report's folder"
    parser.add_argument("a", type=Path, metavar="A", help=f"the run in question: {kinds}")
    parser.add_argument(
        "b", type=Path, metavar="B", help=f"the run to compare with; the difference is A minus B: {kinds}"
    )
    parser.add_argument(
        "--strategy", nargs="+", choices=list(STEMS), help="what to compare (default: all that both have)"
    )
    parser.add_argument("--n", type=positive, help="samples per problem (default: the most that both runs have)")
    parser.add_argument("--k", type=positive, nargs="+", default=[DEFAULT_K], help=f"K of MajK (default: {DEFAULT_K})")
    parser.add_argument(
        "--top-n",
        type=positive,
        nargs="+",
        default=[DEFAULT_TOP_N],
        help=f"N of Maj1.TopN (default: {DEFAULT_TOP_N})",
    )
    parser.add_argument("--intersection", action="store_true", help="compare on the problems that both runs have")
    add_unlabelled_argument(parser)
    parser.add_argument("--seed", type=seed, default=0, help="of drawn subsets and resamples (default: 0)")
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
    from rerank.reported import report_file, reported_run
    from rerank.runs import graded_run

    reported = report_file(path)
    if reported is not None:
        return reported_run(str(path), reported)
    files, counts = sample_files([path]), ReadCounts()
    graded = grade_files(files, args, counts=counts)
    return graded_run(
        str(path),
        graded,
        settings={"policy": policy(args).as_dict(), "extraction": extraction(args)},
        warnings=read_warnings(counts),
        files=file_facts(files),
    )
