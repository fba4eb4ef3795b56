"""`quorum report`: what voting and reranking are worth on files of sampled solutions."""

import argparse
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorum.commands.grading import (
    add_grade_arguments,
    add_limit_argument,
    add_unlabelled_argument,
    check_folder,
    extraction,
    file_facts,
    grade_files,
    megabytes,
    policy,
    positive,
    read_warnings,
    sample_files,
    seed,
)
from quorum.commands.reading import check_not_read
from reasoning.errors import InputError
from rerank.naming import counted
from rerank.strategies import DEFAULT_KS, DEFAULT_TOP_NS

if TYPE_CHECKING:
    from reasoning.formats import ReadCounts
    from rerank.grading import Graded

MIB = 2**20
VERSIONED = ("quorum-math", "numpy", "scikit-learn")  # what the numbers depend on


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sample files, folders, or - for stdin")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="folder for report.json, per_problem.jsonl, report.md and report.html",
    )
    parser.add_argument(
        "--k",
        type=positive,
        nargs="+",
        default=list(DEFAULT_KS),
        metavar="K",
        help="how many of the largest clusters MajK keeps (default: 3 5 8)",
    )
    parser.add_argument(
        "--top-n",
        type=positive,
        nargs="+",
        default=list(DEFAULT_TOP_NS),
        metavar="N",
        help="how many best-scored samples vote in Maj1.TopN (default: 8)",
    )
    parser.add_argument(
        "--min-samples", type=positive, default=1, metavar="M", help="leave out problems with fewer samples"
    )
    add_unlabelled_argument(parser)
    add_limit_argument(parser)
    parser.add_argument(
        "--stopping", action="store_true", help="also what stopping early and scoring less would save, and change"
    )
    parser.add_argument("--seed", type=seed, default=0, help="of drawn subsets and resamples (default: 0)")
    parser.add_argument("--json", action="store_true", help="print report.json instead of the table")
    parser.add_argument(
        "--page-mb",
        type=megabytes,
        default=32.0,
        metavar="MB",
        help="solution texts to keep for the page, in MiB (default: 32)",
    )
    add_grade_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Grade, estimate, print the table, and write the folder where one is given."""
    from reasoning.formats import ReadCounts
    from rerank.folder import NAMES, to_json, write_folder
    from rerank.markdown import to_markdown
    from rerank.report import build_report, estimate_all
    from rerank.stopping.summary import stopping_report

    if args.output is not None:
        check_folder(args.output)
    files, counts = sample_files(args.files), ReadCounts()
    if args.output is not None:
        check_not_read(files, *(args.output / name for name in NAMES))
    page_bytes = round(args.page_mb * MIB) if args.output is not None else 0
    graded = grade_files(files, args, counts=counts, page_bytes=page_bytes)
    graded, excluded = _with_enough_samples(graded, args.min_samples)
    if not args.quiet:
        print(f"estimating on {counted(len(graded.problems), 'problem')}", file=sys.stderr, flush=True)
    settings: dict[str, Any] = {
        "ks": sorted(set(args.k)),
        "top_ns": sorted(set(args.top_n)),
        "seed": args.seed,
    }
    estimates = estimate_all(graded, **settings)
    stopping = stopping_report(graded.problems, **settings) if args.stopping else None
    report = build_report(
        graded,
        estimates,
        policy=policy(args),
        extraction=extraction(args),
        source={"files": file_facts(files), **_source(args, graded, counts, excluded)},
        warnings=_warnings(counts, excluded, args.min_samples),
        stopping=stopping,
        **settings,
    )
    if args.output is not None:
        write_folder(args.output, report, graded=graded, estimates=estimates)
    print(to_json(report) if args.json else to_markdown(report), end="", flush=True)
    if args.output is not None and not args.quiet:
        print(f"wrote {args.output / 'report.html'} and three files beside it", file=sys.stderr)
    return 0


def _with_enough_samples(graded: "Graded", minimum: int) -> tuple["Graded", int]:
    from dataclasses import replace

    kept = [i for i, problem in enumerate(graded.problems) if len(problem.candidates) >= minimum]
    if not kept:
        most = max(len(problem.candidates) for problem in graded.problems)
        raise InputError(
            f"expected a problem with at least {minimum} samples, found at most {most}; lower --min-samples"
        )
    excluded = len(graded.problems) - len(kept)
    problems, greedy = tuple(graded.problems[i] for i in kept), tuple(graded.greedy[i] for i in kept)
    labelled = {p.problem.id: graded.labelled[p.problem.id] for p in problems if p.problem.id in graded.labelled}
    return replace(graded, problems=problems, greedy=greedy, labelled=labelled), excluded


def _models(graded: "Graded") -> list[str]:
    """The models that the rows name, so that nobody takes one for another; the first 20 of them."""
    names = {c.model for problem in graded.problems for c in problem.candidates if c.model is not None}
    return sorted(names)[:20]


def _source(args: argparse.Namespace, graded: "Graded", counts: "ReadCounts", excluded: int) -> dict[str, Any]:
    return {
        "importers": counts.importers,
        "models": _models(graded),
        "num_rows": graded.num_rows,
        "num_bad_rows": counts.num_bad_rows,
        "num_duplicate_rows": counts.num_duplicates,
        "num_excluded_problems": excluded,
        "num_unlabelled_problems": graded.num_unlabelled,
        "num_nan_scores": graded.num_nan_scores,
        "num_gradings_given": graded.num_claims,
        "num_gradings_that_differ": graded.num_disagreements,
        "num_texts_not_kept": graded.num_dropped_texts if args.output is not None else 0,
        "limit": args.limit,
        **extraction(args),
        "versions": {name: _version(name) for name in VERSIONED},
    }


def _warnings(counts: "ReadCounts", excluded: int, minimum: int) -> list[str]:
    warnings = read_warnings(counts)
    if excluded:
        warnings.append(f"Problems with fewer than {minimum} samples, left out by --min-samples: {excluded}.")
    return warnings


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
