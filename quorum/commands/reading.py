"""What every command that reads files of samples shares: its arguments, progress and closing line."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from quorum.terminal import inert
from reasoning.errors import InputError
from reasoning.formats import ReadCounts, ReadOptions, Row
from reasoning.formats.options import SCORE_TRANSFORMS, STEP_SCORES
from reasoning.formats.registry import IMPORTERS
from reasoning.formats.sources import STDIN, data_files
from rerank.naming import counted

AnyRow = TypeVar("AnyRow", Row, tuple[Row, tuple[Path, int]])

ROWS_PER_LINE = 100_000
STDIN_FILE = Path("/dev/stdin")


def add_read_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--from",
        dest="importer",
        choices=list(IMPORTERS),
        metavar="TOOL",
        help=f"the tool that wrote the files, if it is not to be detected: {', '.join(IMPORTERS)}",
    )
    group.add_argument(
        "--step-score",
        choices=STEP_SCORES,
        default="last",
        help="how the scores of a solution's steps become one (default: last)",
    )
    group.add_argument(
        "--score-transform",
        choices=SCORE_TRANSFORMS,
        help="how scores outside [0, 1] become probabilities: sigmoid for logits, or minmax over all files",
    )
    group.add_argument(
        "--skip-bad-rows", action="store_true", help="count rows that cannot be read and go on without them"
    )


def read_options(args: argparse.Namespace) -> ReadOptions:
    """The options in arguments that `add_read_arguments` declared."""
    return ReadOptions(
        importer=args.importer,
        step_score=args.step_score,
        score_transform=args.score_transform,
        skip_bad_rows=args.skip_bad_rows,
    )


def check_not_read(paths: Sequence[Path], *outputs: Path | None) -> None:
    """Refuse to write over what is read, under whatever name: the results would take its place.

    A device or a pipe may be both.

    Args:
        paths: files, folders, or `-` for standard input, which may come from a file that is written, too.
        outputs: files; None is standard output.

    Raises:
        InputError: an output is read; or a path does not exist.
    """
    written = [output for output in outputs if output is not None and output.is_file()]
    for path in data_files(list(paths)) if written else ():
        source = STDIN_FILE if path == STDIN else path
        for output in written:
            if source.exists() and output.samefile(source):
                raise InputError(
                    f"{output}: expected another file to write than those that are read, found that {path} is the "
                    "same; name another with -o"
                )


def with_progress(rows: Iterable[AnyRow]) -> Iterator[AnyRow]:
    """Rows, or rows with their places, with a bar on standard error if that is a terminal, else now and then a line."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(rows, unit=" rows", desc="reading", file=sys.stderr, leave=False)
    else:
        for number, row in enumerate(rows, 1):
            yield row
            if number % ROWS_PER_LINE == 0:
                print(f"{number:,} rows", file=sys.stderr)


def print_counts(counts: ReadCounts) -> None:
    """Say on standard error what was read, and what was left out and why."""
    tools = ", ".join(sorted(set(counts.importers.values())))
    parts = [f"{counted(counts.num_rows, 'row')} from {counted(len(counts.importers), 'file')} ({tools})"]
    parts += [
        f"{counted(number, noun)} {what}"
        for number, noun, what in (
            (counts.num_duplicates, "duplicate", "dropped"),
            (counts.num_bad_rows, "bad row", "skipped"),
            (counts.num_nan_scores, "score", "NaN"),
        )
        if number
    ]
    print("; ".join(parts), file=sys.stderr)
    for message in counts.messages:
        print(inert(f"  skipped {message}"), file=sys.stderr)
