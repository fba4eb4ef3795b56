"""`quorum rerank`: choose one answer per problem."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from quorum.commands.grading import (
    add_grade_arguments,
    add_limit_argument,
    check_file,
    grade_files,
    policy,
    positive,
    read_warnings,
    sample_files,
)
from quorum.terminal import inert
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, STRATEGIES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    descriptions = "; ".join(f"{name}, {strategy.description}" for name, strategy in STRATEGIES.items())
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sample files, folders, or - for stdin")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="selections, a JSON object a line (default: stdout)"
    )
    parser.add_argument(
        "--strategy",
        choices=list(STRATEGIES),
        default="maj1",
        help=f"how to choose (default: maj1; all but first and maj1 need scores): {descriptions}",
    )
    parser.add_argument(
        "--k", type=positive, default=DEFAULT_K, help=f"largest clusters that MajK keeps (default: {DEFAULT_K})"
    )
    parser.add_argument(
        "--top-n",
        type=positive,
        default=DEFAULT_TOP_N,
        help=f"best-scored samples that vote in maj1.topn (default: {DEFAULT_TOP_N})",
    )
    add_limit_argument(parser)
    add_grade_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write one selection per problem; the file appears when it is complete."""
    from reasoning.formats import ReadCounts
    from reasoning.formats.write import atomic_file
    from rerank.selections import selection_rows

    if args.output is not None:
        check_file(args.output)
    counts = ReadCounts()
    graded = grade_files(sample_files(args.files), args, counts=counts, need_expected=False)
    rows = selection_rows(graded.problems, strategy=args.strategy, k=args.k, top_n=args.top_n, policy=policy(args))
    if args.output is None:
        for line in _lines(rows):
            sys.stdout.write(line)
    else:
        with atomic_file(args.output) as file:
            for line in _lines(rows):
                file.write(line.encode("utf-8", "replace"))
    for warning in read_warnings(counts):
        print(inert(warning), file=sys.stderr)
    return 0


def _lines(rows: Iterator[dict[str, object]]) -> Iterator[str]:
    return (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
