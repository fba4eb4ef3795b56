"""`quorum score`: what an evaluator thinks of samples, a score a row."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorum.commands.bulk import add_bulk_arguments, chunk, chunk_output, is_elsewhere, opened_backend
from quorum.commands.grading import add_limit_argument, sample_files
from quorum.commands.reading import add_read_arguments, check_not_read, print_counts, read_options
from quorum.commands.sampling import MODEL_HELP
from quorum.progress import Progress
from quorum.terminal import inert

if TYPE_CHECKING:
    from evaluator.scored_files import Tally
    from reasoning.engines import Judge
    from reasoning.formats import Row

DRIFT_PROBLEMS = 4  # scored again in fp32, one solution at a time


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sample files, folders, or - for stdin")
    parser.add_argument("-o", "--output", type=Path, required=True, help="rows: .jsonl, .jsonl.gz or .parquet")
    parser.add_argument("--evaluator", "--model", required=True, metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: an accelerator where there is one)")
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        help="bf16 is faster where there is hardware for it; how far its scores drift is said (default: fp32)",
    )
    parser.add_argument("--raw", action="store_true", help="scores as the model gives them, not calibrated")
    add_limit_argument(parser)
    add_read_arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    add_bulk_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Score into the output; a second run goes on where the first was cut off."""
    from evaluator.scored_files import ROWS_PER_BLOCK, by_problem, score_file
    from quorum.load import check_option, precision_of, weights_digest
    from reasoning.bulk import chunk_size
    from reasoning.formats import ReadCounts, read_rows

    check_option("--device", args.device, args.evaluator)
    check_option("--precision", args.precision, args.evaluator)
    precision = precision_of(args.evaluator, args.precision)
    files, part, counts = sample_files(args.files), chunk(args), ReadCounts()
    output = chunk_output(args.output, part)
    check_not_read(files, output)
    digest = weights_digest(args.evaluator, "evaluator")
    rows = by_problem(read_rows(files, options=read_options(args), counts=counts), limit=args.limit)
    judge = _judge(args)
    total = chunk_size(len(rows), part, per_batch=ROWS_PER_BLOCK)
    with opened_backend(args) as backend, Progress(total, "rows", doing="scoring", quiet=args.quiet) as progress:
        tally = score_file(
            judge,
            rows,
            output,
            settings={"weights": digest, "precision": precision, "calibration": _calibration(args)},
            overwrite=args.overwrite,
            backend=backend,
            chunk=part,
            on_resume=progress.resume,
            on_rows=None if is_elsewhere(args) else progress.add,
            on_batch=(lambda rows: progress.add(len(rows))) if is_elsewhere(args) else None,
        )
    if not args.quiet:
        print_counts(counts)
    print(inert(f"{output}: {_closing(tally)}"), file=sys.stderr)
    if args.precision == "bf16" and tally is not None:
        print(_drift(judge, rows, args), file=sys.stderr)
    return 0


def _judge(args: argparse.Namespace) -> "Judge":
    """The evaluator, loaded where it is used."""
    from quorum.load import engine_name, load_evaluator

    if not is_elsewhere(args):
        return load_evaluator(args.evaluator, device=args.device, precision=args.precision, calibrated=not args.raw)
    from quorum.elsewhere import EvaluatorElsewhere

    name = engine_name(args.evaluator, "evaluator")
    return EvaluatorElsewhere(name, args.evaluator, args.device, args.precision, calibrated=not args.raw)


def _calibration(args: argparse.Namespace) -> dict[str, Any] | None:
    """What turns raw scores into the ones that are written."""
    from quorum.load import model_card

    card = None if args.raw else model_card(args.evaluator, "evaluator")
    return None if card is None or card.calibration is None else card.calibration["scores"]


def _closing(tally: "Tally | None") -> str:
    if tally is None:
        return "complete already; --overwrite scores again"
    parts = [f"{tally.rows:,} rows scored"]
    parts += [
        f"{number:,} {what}"
        for number, what in (
            (tally.failed, "without a score since their sampling failed"),
            (
                tally.too_long,
                "without a score since they are longer than the evaluator's context, or refused by its server",
            ),
            (tally.nan, "scores NaN, for which the evaluator gave no number"),
        )
        if number
    ]
    return "; ".join(parts)


def _drift(judge: "Judge", rows: "Sequence[Row]", args: argparse.Namespace) -> str:
    """How far some scores are from those in fp32, each solution scored alone."""
    from evaluator.scored_files import by_problem, largest_drift
    from quorum.load import load_evaluator

    exact = load_evaluator(args.evaluator, device=args.device, calibrated=not args.raw)
    scores: list[float | None] = []
    reference: list[float | None] = []
    for row in by_problem(rows, limit=DRIFT_PROBLEMS):
        scores += judge.score(row.problem, [row.generation])
        reference += exact.score(row.problem, [row.generation])
    return f"bf16 moves scores by at most {largest_drift(scores, reference):.4f} (of {len(scores)} compared with fp32)"
