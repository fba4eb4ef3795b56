"""`quorum calibrate`: make an evaluator's scores probabilities, and find when not to answer."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from quorum.commands.grading import add_grade_arguments, add_limit_argument, extraction, policy, sample_files
from quorum.commands.reading import read_options
from quorum.commands.sampling import share
from quorum.progress import Progress
from quorum.terminal import inert
from reasoning.errors import InputError

if TYPE_CHECKING:
    from evaluator.calibration import EvaluatorCalibration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="samples of problems that were used for nothing else"
    )
    parser.add_argument(
        "--evaluator", type=Path, required=True, metavar="FOLDER", help="its folder; the calibration goes on its card"
    )
    parser.add_argument(
        "--method",
        choices=("temperature", "isotonic"),
        default="temperature",
        help="temperature keeps the order of scores, isotonic fits any rising curve (default: temperature)",
    )
    parser.add_argument(
        "--risk",
        type=share,
        action="append",
        metavar="R",
        help="accepted error rate to find a threshold for; once a rate (default: 0.05, 0.1, 0.2)",
    )
    parser.add_argument("--guarantee", type=share, default=0.95, help="of the thresholds (default: 0.95)")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: an accelerator where there is one)")
    add_limit_argument(parser)
    add_grade_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Score the samples, fit, and write the evaluator's card."""
    from evaluator.scored_files import by_problem, scored_rows
    from quorum.calibration import RISKS, calibrate
    from quorum.load import load_evaluator
    from reasoning.formats import read_rows
    from reasoning.model_folder import ModelCard, check_kind, check_model_folder, read_card, write_card
    from rerank.grading import grade_rows

    check_model_folder(args.evaluator)
    check_kind(args.evaluator, "evaluator")
    files = sample_files(args.files)
    judge = load_evaluator(str(args.evaluator), device=args.device, calibrated=False)
    rows = by_problem(read_rows(files, options=read_options(args)), limit=args.limit)
    if not rows:
        raise InputError(f"{files[0]}: expected at least one row, found none")
    with Progress(len(rows), "rows", doing="scoring", quiet=args.quiet) as progress:
        scored = scored_rows(judge, rows, on_rows=progress.add)
    graded = grade_rows(scored, policy=policy(args), workers=args.workers, **extraction(args))
    calibration = calibrate(
        graded.problems,
        method=args.method,
        risks=args.risk or RISKS,
        guarantee=args.guarantee,
        files=[file.name for file in files],
    )
    card = read_card(args.evaluator) or ModelCard(kind="evaluator")
    write_card(card.model_copy(update={"calibration": calibration.model_dump(mode="json")}), args.evaluator)
    for line in _as_text(calibration):
        print(inert(line), file=sys.stderr)
    return 0


def _as_text(calibration: "EvaluatorCalibration") -> list[str]:
    """What changed, and from which confidence on each strategy keeps each risk."""
    lines = []
    for name in ("raw", "calibrated"):
        figures = calibration.figures[name]
        lines.append(
            f"{name + ':':<12} Brier {figures['brier']:.4f}, ECE {figures['ece']:.4f}, "
            f"AUROC {_number(figures['auroc'])}, within problems {_number(figures['auroc_within'])}"
        )
    for name, choice in calibration.choices.items():
        for threshold in choice.thresholds:
            found = "none found"
            if threshold.min_confidence is not None:
                found = (
                    f"from confidence {threshold.min_confidence:.3f} on, {threshold.coverage:.0%} of problems "
                    f"({threshold.num_wrong} of {threshold.num_answered} wrong)"
                )
            lines.append(f"{name + ':':<12} risk {threshold.risk:g}: {found}")
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
