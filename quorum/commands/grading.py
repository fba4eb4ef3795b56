"""The arguments of every command that grades samples, and the grading itself with its progress."""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorum.commands.reading import add_read_arguments, read_options
from reasoning.answers.policy import Policy

if TYPE_CHECKING:
    from reasoning.formats import ReadCounts, Row
    from rerank.grading import Graded

PLAIN_PROGRESS_ROWS = 100_000  # rows between two lines of progress where there is no terminal


def add_grade_arguments(parser: argparse.ArgumentParser) -> None:
    """Reading, extraction, equivalence policy and workers."""
    group = parser.add_argument_group("answers")
    group.add_argument(
        "--percent",
        choices=("number", "fraction", "distinct"),
        default="number",
        help="50%% is 50, 0.5, or neither",
    )
    group.add_argument("--units", choices=("ignore", "keep"), default="ignore", help="whether `5 cm` is `5`")
    group.add_argument("--list-order", choices=("ignore", "keep"), default="ignore", help="whether `1, 2` is `2, 1`")
    group.add_argument(
        "--interval-or-tuple",
        choices=("either", "interval", "tuple"),
        default="either",
        help="what `(1, 2)` is",
    )
    group.add_argument(
        "--significant-digits",
        type=positive,
        metavar="D",
        help="round numbers to D digits first (default: compare exactly)",
    )
    group.add_argument(
        "--no-last-number",
        dest="last_number",
        action="store_false",
        help="a text without a marked answer has none, instead of its last number",
    )
    group.add_argument("--re-extract", action="store_true", help="extract again where rows have a predicted_answer")
    add_read_arguments(parser)
    parser.add_argument("--workers", type=positive, metavar="W", help="processes (default: one per core)")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def positive(text: str) -> int:
    """A whole number of at least 1, as an argument type."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, found {text}")
    return number


def policy(args: argparse.Namespace) -> Policy:
    """The equivalence policy in arguments that `add_grade_arguments` declared."""
    return Policy(
        percent=args.percent,
        units=args.units,
        list_order=args.list_order,
        interval_or_tuple=args.interval_or_tuple,
        significant_digits=args.significant_digits,
    )


def grade_files(
    paths: Sequence[Path],
    args: argparse.Namespace,
    *,
    counts: "ReadCounts",
    need_expected: bool = True,
    page_bytes: int = 0,
) -> "Graded":
    """Read and grade files with the options in `args`.

    Raises:
        InputError: see `read_rows` and `grade_rows`.
    """
    from reasoning.formats import read_rows
    from rerank.grading import grade_rows

    rows = read_rows(paths, options=read_options(args), counts=counts)
    return grade_rows(
        rows if args.quiet else _with_progress(rows),
        policy=policy(args),
        workers=args.workers,
        last_number=args.last_number,
        re_extract=args.re_extract,
        need_expected=need_expected,
        page_bytes=page_bytes,
    )


def file_facts(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Each file with its size and SHA-256; standard input has neither."""
    from reasoning.formats.sources import STDIN, data_files

    return [{"path": str(path)} if path == STDIN else _facts(path) for path in data_files(list(paths))]


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": str(path), "num_bytes": path.stat().st_size, "sha256": digest}


def _with_progress(rows: "Iterator[Row]") -> "Iterator[Row]":
    """The rows, counted on stderr: a bar on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(rows, desc="reading", unit=" rows", leave=False)
        return
    for number, row in enumerate(rows, 1):
        if number % PLAIN_PROGRESS_ROWS == 0:
            print(f"read {number:,} rows", file=sys.stderr, flush=True)
        yield row
