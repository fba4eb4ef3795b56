"""`quorum import`: another tool's samples as canonical rows."""

import argparse
from pathlib import Path

from quorum.commands.reading import add_read_arguments, check_not_read, print_counts, read_options, with_progress
from reasoning.formats import ReadCounts, read_rows, write_rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, help="files or folders of samples; - is standard input")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help=".jsonl, .jsonl.gz or .parquet (default: JSON Lines to standard output)",
    )
    add_read_arguments(parser)


def run(args: argparse.Namespace) -> int:
    check_not_read(args.files, args.output)
    counts = ReadCounts()
    rows = read_rows(args.files, options=read_options(args), counts=counts)
    write_rows(with_progress(rows), args.output)
    print_counts(counts)
    return 0
