"""`quorum export`: canonical rows, or any samples that can be read, in another tool's format."""

import argparse
import sys
from pathlib import Path

from quorum.commands.reading import add_read_arguments, check_not_read, print_counts, read_options, with_progress
from reasoning.formats import ReadCounts, read_rows
from reasoning.formats.exports import EXPORTERS, seed_files
from rerank.naming import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, help="files or folders of samples; - is standard input")
    formats = "; ".join(f"{name}: {exporter.description}" for name, exporter in EXPORTERS.items())
    parser.add_argument("--to", choices=list(EXPORTERS), default="canonical", metavar="FORMAT", help=formats)
    parser.add_argument("-o", "--output", type=Path, help="file, or folder for nemo-skills (default: standard output)")
    add_read_arguments(parser)


def run(args: argparse.Namespace) -> int:
    check_not_read(args.files, args.output, *(seed_files(args.output) if args.output else ()))
    counts = ReadCounts()
    rows = read_rows(args.files, options=read_options(args), counts=counts)
    num_records = EXPORTERS[args.to].write(with_progress(rows), args.output)
    print_counts(counts)
    print(f"{counted(num_records, 'record')} written as {args.to}", file=sys.stderr)
    return 0
