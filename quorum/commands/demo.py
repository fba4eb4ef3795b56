"""`quorum demo`: the report, on a sample file that ships with Quorum."""

import argparse
import gzip
from importlib.resources import as_file
from pathlib import Path

from quorum.commands import report
from quorum.embedded import DEMO_SAMPLES
from reasoning.formats.write import atomic_file

WHAT_THE_SAMPLES_ARE = (
    "Samples: 200 word problems, each solved 32 times by a seeded calculator with slips "
    "(not a language model); scores: a seeded noisy judge (not a trained evaluator)."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("-o", "--output", type=Path, default=Path("demo-report"), help="folder of the report")
    parser.add_argument(
        "--rows",
        type=Path,
        metavar="FILE",
        help="only write the sample rows to FILE (.jsonl or .jsonl.gz)",
    )


def run(args: argparse.Namespace) -> int:
    """Report on the sample file, or write it out."""
    if args.rows is not None:
        with atomic_file(args.rows) as file:
            file.write(gzip.decompress(DEMO_SAMPLES.read_bytes()))
        return 0
    print(WHAT_THE_SAMPLES_ARE + "\n", flush=True)
    with as_file(DEMO_SAMPLES) as path:
        return report.run(report_arguments(path, args.output))


def report_arguments(samples: Path, output: Path) -> argparse.Namespace:
    """What `quorum report SAMPLES -o OUTPUT` is run with, so that the demo takes the same path."""
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    return parser.parse_args([str(samples), "--output", str(output)])
