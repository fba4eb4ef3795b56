"""The arguments of every command that grades samples, and the grading itself with its progress."""

import argparse
import hashlib
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorum.commands.reading import add_read_arguments, read_options, with_progress
from reasoning.answers.policy import Policy
from reasoning.errors import InputError

if TYPE_CHECKING:
    from reasoning.formats import ReadCounts
    from rerank.grading import Graded


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


def add_unlabelled_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--skip-unlabelled",
        action="store_true",
        help="leave out and count problems without an expected answer or a grading (default: an error)",
    )


def add_limit_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=positive, metavar="L", help="only the first L problems of the files (default: all)"
    )


def positive(text: str) -> int:
    """A whole number of at least 1, as an argument type."""
    return _whole_number(text, at_least=1)


def seed(text: str) -> int:
    """A whole number of at least 0, as an argument type."""
    return _whole_number(text, at_least=0)


def megabytes(text: str) -> float:
    """A finite number of at least 0, as an argument type."""
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"expected a finite number of at least 0, found {text}")
    return number


def _whole_number(text: str, *, at_least: int) -> int:
    number = int(text)
    if number < at_least:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least {at_least}, found {text}")
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


def extraction(args: argparse.Namespace) -> dict[str, bool]:
    """How answers are found, in arguments that `add_grade_arguments` declared."""
    return {"last_number": args.last_number, "re_extract": args.re_extract}


def sample_files(paths: Sequence[Path]) -> list[Path]:
    """The files to read: folders are listed here, once, without the files of a report written into them.

    Raises:
        InputError: a path does not exist, or no file is left.
    """
    from reasoning.formats.sources import data_files
    from rerank.folder import PER_PROBLEM, REPORT

    named = set(paths)
    files = [file for file in data_files(list(paths)) if file in named or file.name not in (PER_PROBLEM, REPORT)]
    if not files:
        folders = ", ".join(map(str, paths))
        raise InputError(f"{folders}: expected files of samples, found a report only; name the files it was made of")
    return files


def grade_files(
    files: Sequence[Path],
    args: argparse.Namespace,
    *,
    counts: "ReadCounts",
    need_expected: bool = True,
    page_bytes: int = 0,
) -> "Graded":
    """Read and grade files with the options in `args`.

    Raises:
        InputError: see `read_rows` and `grade_rows`; or no row has a solution or an answer.
    """
    from reasoning.formats import read_rows
    from rerank.grading import grade_rows

    rows = read_rows(files, options=read_options(args), counts=counts)
    graded = grade_rows(
        rows if args.quiet else with_progress(rows),
        policy=policy(args),
        workers=args.workers,
        need_expected=need_expected,
        page_bytes=page_bytes,
        limit=getattr(args, "limit", None),
        skip_unlabelled=getattr(args, "skip_unlabelled", False),
        **extraction(args),
    )
    if 0 < counts.num_rows == counts.num_blank:
        raise InputError(f"{counts.first_blank}; rename the field that holds the solution")
    return graded


def file_facts(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Each file with its size and SHA-256; None for what can be read only once, as standard input and pipes."""
    return [_facts(path) for path in files]


def _facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {"path": str(path), "num_bytes": None, "sha256": None}
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": str(path), "num_bytes": path.stat().st_size, "sha256": digest}


def read_warnings(counts: "ReadCounts") -> list[str]:
    """What was skipped and dropped, a sentence each; nothing where nothing was."""
    warnings = []
    if counts.num_bad_rows:
        bad = f"Rows that could not be read and were skipped: {counts.num_bad_rows}. The first: {counts.messages[0]}"
        warnings.append(bad)
    if counts.num_duplicates:
        warnings.append(
            f"Rows that repeat an earlier one, with its key and all else, and were dropped: {counts.num_duplicates}."
        )
    if counts.num_blank:
        warnings.append(
            f"Rows without a solution and without an answer, which count as wrong: {counts.num_blank:,}. The first: "
            f"{counts.first_blank}; rename the field that holds it."
        )
    if counts.num_stopped:
        warnings.append(
            f"Rows of `quorum sample --stop`: {counts.num_stopped:,}. Problems that are hard to decide have more of "
            "them, so only the vote (maj1) on all samples of a problem says anything; draw all samples for the rest."
        )
    return warnings


def check_folder(path: Path) -> None:
    """Notice before the work that a folder cannot be written to.

    Raises:
        InputError: something else has this name, or the folder or one above it is not writable.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: expected a folder to write to, found a file; name another with -o")
    existing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not existing.is_dir():
        raise InputError(f"{path}: expected a folder to write to, found the file {existing}; name another with -o")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(f"{path}: expected a folder to write to, found that {existing} is not writable")


def check_file(path: Path) -> None:
    """Notice before the work that a file cannot be written; see `check_folder`."""
    if path.is_dir():
        raise InputError(f"{path}: expected the name of a file to write, found a folder; name a file in it")
    if not path.exists() or path.is_file():  # a pipe or a device is written to directly
        check_folder(path.absolute().parent)
