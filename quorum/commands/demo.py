"""`quorum demo`: the report on a sample file, and a word problem solved by the models that ship with Quorum."""

import argparse
import gzip
import sys
from collections.abc import Callable
from importlib.resources import as_file
from pathlib import Path

from quorum.commands import report, solve
from quorum.embedded import DEMO_SAMPLES
from quorum.load import has_embedded
from quorum.terminal import inert
from reasoning.formats.write import atomic_file

WHAT_THE_SAMPLES_ARE = (
    "Samples: 200 word problems, each solved 32 times by a seeded calculator with slips "
    "(not a language model); scores: a seeded noisy judge (not a trained evaluator)."
)
# Of a template that the embedded models were not trained on.
QUESTION = (
    "In 12 years Felix will be 46 years old. Kaede is only half as old as Felix. Simon's age is the sum of the ages of "
    "Felix and Kaede. What was Simon's age 20 years ago?"
)
EXPECTED = "31"


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
    """Report on the sample file and solve a problem, or write the file out."""
    if args.rows is not None:
        with atomic_file(args.rows) as file:
            file.write(gzip.decompress(DEMO_SAMPLES.read_bytes()))
        print(inert(f"{args.rows}: the rows of the demo"), file=sys.stderr)
        return 0
    print(WHAT_THE_SAMPLES_ARE + "\n", flush=True)
    with as_file(DEMO_SAMPLES) as path:
        report.run(report_arguments(path, args.output))
    if has_embedded("generator"):
        print(f"\n# A word problem, solved by the embedded models\n\n{QUESTION}\n", flush=True)
        solve.run(solve_arguments(QUESTION))
        print(f"\nExpected answer: {EXPECTED}")
    return 0


def report_arguments(samples: Path, output: Path) -> argparse.Namespace:
    """What `quorum report SAMPLES -o OUTPUT` is run with, so that the demo takes the same path."""
    return _parsed(report.add_arguments, str(samples), "--output", str(output))


def solve_arguments(question: str) -> argparse.Namespace:
    """What `quorum solve QUESTION` is run with."""
    return _parsed(solve.add_arguments, question)


def _parsed(add: Callable[[argparse.ArgumentParser], None], *arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(arguments)
