"""`quorum rerank`: choose one answer per problem."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from quorum.commands.grading import add_grade_arguments, grade_files, positive

STRATEGY_NAMES = ("first", "maj1", "rr.all", "rr.majk", "w.rr", "w.rr.majk", "maj1.topn")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sample files, folders, or - for stdin")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="selections, a JSON object a line (default: stdout)"
    )
    parser.add_argument(
        "--strategy",
        choices=STRATEGY_NAMES,
        default="maj1",
        help="how to choose (default: maj1, the majority vote; all but first and maj1 need scores)",
    )
    parser.add_argument("--k", type=positive, default=8, help="largest clusters that MajK keeps (default: 8)")
    parser.add_argument(
        "--top-n", type=positive, default=8, help="best-scored samples that vote in maj1.topn (default: 8)"
    )
    add_grade_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write one selection per problem; the file appears when it is complete."""
    from reasoning.formats import ReadCounts
    from reasoning.formats.write import atomic_file
    from rerank.selections import selection_rows

    counts = ReadCounts()
    graded = grade_files(args.files, args, counts=counts, need_expected=False)
    rows = selection_rows(graded.problems, strategy=args.strategy, k=args.k, top_n=args.top_n)
    if args.output is None:
        for line in _lines(rows):
            sys.stdout.write(line)
    else:
        with atomic_file(args.output) as file:
            for line in _lines(rows):
                file.write(line.encode("utf-8", "replace"))
    if counts.num_bad_rows:
        print(f"skipped {counts.num_bad_rows} bad rows; the first: {counts.messages[0]}", file=sys.stderr)
    return 0


def _lines(rows: Iterator[dict[str, object]]) -> Iterator[str]:
    return (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
