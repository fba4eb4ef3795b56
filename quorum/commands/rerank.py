"""`quorum rerank`: choose one answer per problem."""

import argparse
import itertools
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from quorum.commands.bulk import add_backend_argument, opened_backend
from quorum.commands.choosing import add_size_arguments
from quorum.commands.grading import (
    add_grade_arguments,
    add_limit_argument,
    check_file,
    extraction,
    file_facts,
    policy,
    read_warnings,
    sample_files,
)
from quorum.commands.reading import check_not_read, read_options, with_progress
from quorum.terminal import inert
from rerank.batch import num_workers
from rerank.strategies import STRATEGIES

if TYPE_CHECKING:
    from rerank.choosing import Facts


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
    add_size_arguments(parser)
    add_limit_argument(parser)
    add_grade_arguments(parser)
    add_backend_argument(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="start again instead of going on where one was cut off"
    )


def run(args: argparse.Namespace) -> int:
    """Write one selection per problem; the file appears when it is complete."""
    if args.output is not None:
        check_file(args.output)
    files = sample_files(args.files)
    check_not_read(files, args.output)
    start = time.monotonic()
    if args.output is not None and (args.output.is_file() or not args.output.exists()):
        facts = _choose(args, files, args.output)
    else:  # a pipe or a device has no place beside it for what is not whole
        with TemporaryDirectory() as folder:
            output = Path(folder) / "selections.jsonl"
            facts = _choose(args, files, output)
            _copy(output, args.output)
    for warning in read_warnings(facts.counts):
        print(inert(warning), file=sys.stderr)
    if not args.quiet:
        print(_closing(facts, time.monotonic() - start), file=sys.stderr)
    return 0


def _copy(source: Path, target: Path | None) -> None:
    """Write the lines of a file to a pipe or device, or to standard output."""
    with source.open(encoding="utf-8") as lines:
        if target is None:
            sys.stdout.writelines(lines)
            sys.stdout.flush()  # a full disk must say so before the closing line says that all is done
        else:
            with target.open("w", encoding="utf-8") as file:
                file.writelines(lines)


def _choose(args: argparse.Namespace, files: Sequence[Path], output: Path) -> "Facts":
    """Choose into a file: in memory where all rows fit, else bucket by bucket."""
    from reasoning.formats import ReadCounts
    from reasoning.formats.read import distinct_rows, placed_rows
    from reasoning.formats.write import atomic_file
    from rerank.buckets import of_first_problems, taken
    from rerank.choosing import Choosing, choose_large, choose_small

    options, counts = read_options(args), ReadCounts()
    choosing = Choosing(strategy=args.strategy, k=args.k, top_n=args.top_n, policy=policy(args), **extraction(args))
    placed = placed_rows(files, options=options, counts=counts)
    if args.limit is not None:
        placed = of_first_problems(placed, args.limit)
    if not args.quiet:
        placed = with_progress(placed)
    first, is_all = taken(placed)
    if is_all:
        rows = distinct_rows(first, options=options, counts=counts)
        with atomic_file(output) as file:
            return replace(choose_small(rows, file, choosing, workers=args.workers), counts=counts)
    can_be_read_again = all(path.is_file() for path in files)
    if args.backend == "local":  # on a cluster, all of its cores
        args.workers = args.workers or num_workers()
    with opened_backend(args, use_gpus=False) as backend:
        return choose_large(
            lambda: itertools.chain(first, placed),
            files,
            output,
            choosing,
            settings={"files": file_facts(files), "options": asdict(options), "limit": args.limit},
            options=options,
            counts=counts,
            backend=backend,
            overwrite=args.overwrite or not can_be_read_again,
        )


def _closing(facts: "Facts", took_s: float) -> str:
    num_rows, num_problems = facts.counts.num_rows, facts.num_problems
    return (
        f"{num_problems:,} {'problem' if num_problems == 1 else 'problems'}, {num_rows:,} samples, "
        f"{num_rows / took_s:,.0f} samples/s"
    )
