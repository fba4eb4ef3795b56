"""`quorum plan`: what other numbers of samples, strategies and stopping rules would give and cost."""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from quorum.commands.grading import (
    add_grade_arguments,
    add_limit_argument,
    add_unlabelled_argument,
    check_folder,
    grade_files,
    positive,
    read_warnings,
    sample_files,
    seed,
)
from quorum.commands.reading import check_not_read
from quorum.commands.sampling import risk
from rerank.strategies import DEFAULT_KS, DEFAULT_TOP_NS

if TYPE_CHECKING:
    from rerank.grading import Graded
    from rerank.planning.costs import Rates, Tokens
    from rerank.planning.document import PlanDocument

TEXT_BYTES = 256 * 2**20  # of solutions, whose length stands for tokens where rows count none
DOCUMENT, MARKDOWN, FRONTIER = "plan.json", "plan.md", "frontier.svg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sample files, folders, or - for stdin")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="folder for plan.json, plan.md and frontier.svg"
    )
    parser.add_argument("--json", action="store_true", help="print plan.json instead of the table")
    parser.add_argument("--all", action="store_true", help="every plan in the table, not only the frontier")
    group = parser.add_argument_group("planning")
    group.add_argument("--target", type=risk, metavar="A", help="accuracy to reach, as 0.7: names the cheapest plan")
    group.add_argument(
        "--confidence", type=risk, default=0.95, metavar="C", help="of reaching it, over all plans (default: 0.95)"
    )
    group.add_argument(
        "--problems", type=positive, metavar="M", help="problems of the run to come (default: as many as in the files)"
    )
    group.add_argument(
        "--n", type=positive, nargs="+", metavar="N", help="numbers of samples (default: up to 16 that there are)"
    )
    group.add_argument(
        "--k", type=positive, nargs="+", default=list(DEFAULT_KS), metavar="K", help="of MajK (default: 3 5 8)"
    )
    group.add_argument(
        "--top-n", type=positive, nargs="+", default=list(DEFAULT_TOP_NS), metavar="N", help="of TopN (default: 8)"
    )
    group.add_argument(
        "--stop",
        nargs="*",
        metavar="RULE",
        help="stopping rules (default: lossless anytime:0.05 budget:0.05; none without a RULE)",
    )
    group.add_argument("--seed", type=seed, default=0, help="of drawn subsets and resamples (default: 0)")
    rates = parser.add_argument_group("rates", "prices of a million tokens in any currency; tokens a second")
    rates.add_argument("--price", type=price, metavar="P", help="of generated tokens (default: 0 if another is given)")
    rates.add_argument("--prompt-price", type=price, metavar="P", help="of the problem, once a problem")
    rates.add_argument("--evaluator-price", type=price, metavar="P", help="of tokens that the evaluator reads")
    rates.add_argument("--speed", type=rate, metavar="R", help="tokens generated a second, all at a time together")
    rates.add_argument(
        "--evaluator-speed", type=rate, metavar="R", help="tokens read by the evaluator a second, beside --speed"
    )
    add_unlabelled_argument(parser)
    add_limit_argument(parser)
    add_grade_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Grade, plan, print, and write the folder where one is given."""
    from reasoning.formats import ReadCounts
    from rerank.planning.costs import Rates
    from rerank.planning.document import plan_markdown

    if args.output is not None:
        check_folder(args.output)
    rates = Rates(args.price, args.prompt_price, args.evaluator_price, args.speed, args.evaluator_speed)
    files, counts = sample_files(args.files), ReadCounts()
    if args.output is not None:
        check_not_read(files, *(args.output / name for name in (DOCUMENT, MARKDOWN, FRONTIER)))
    graded = grade_files(files, args, counts=counts, page_bytes=TEXT_BYTES)
    document = _document(graded, args, rates, read_warnings(counts))
    text = json.dumps(document.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    if args.output is not None:
        _write(args.output, document, text)
    print(text if args.json else plan_markdown(document, everything=args.all), end="", flush=True)
    if args.output is not None and not args.quiet:
        print(f"wrote {args.output / FRONTIER} and two files beside it", file=sys.stderr)
    return 0


def price(text: str) -> float:
    """A finite number of at least 0, as an argument type."""
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"expected a finite number of at least 0, found {text}")
    return number


def rate(text: str) -> float:
    """A finite number above 0, as an argument type."""
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"expected a finite number above 0, found {text}")
    return number


def _document(graded: "Graded", args: argparse.Namespace, rates: "Rates", warnings: list[str]) -> "PlanDocument":
    from rerank.planning.choosing import powers
    from rerank.planning.costs import count_tokens
    from rerank.planning.document import PlanDocument
    from rerank.planning.plans import STOP_RULES, make_plans

    plans = make_plans(
        graded.problems,
        rates=rates,
        sizes=args.n,
        ks=args.k,
        top_ns=args.top_n,
        stops=STOP_RULES if args.stop is None else args.stop,
        confidence=args.confidence,
        seed=args.seed,
    )
    return PlanDocument(
        plans=tuple(plans),
        powers=tuple(powers(graded.problems, plans, seed=args.seed)),
        num_problems=len(graded.problems),
        target=args.target,
        confidence=args.confidence,
        future_problems=args.problems or len(graded.problems),
        notes=(*warnings, *_notes(graded, count_tokens(graded.problems))),
    )


def _notes(graded: "Graded", tokens: "Tokens") -> list[str]:
    from rerank.caveats import caveats

    notes = caveats(graded, min(len(problem.candidates) for problem in graded.problems))
    if tokens.sample is None:
        notes.append(
            "The rows have neither texts of solutions nor counts of tokens, so plans are compared by samples, drawn "
            "and read by the evaluator; nothing says what they cost or how long they take."
        )
    elif tokens.is_estimated:
        notes.append("The rows count no tokens, so four characters of a solution count as one.")
    if not graded.has_scores:
        notes.append("No answer has a score, so there are no plans with an evaluator; `quorum score` makes scores.")
    return notes


def _write(folder: Path, document: "PlanDocument", text: str) -> None:
    from reasoning.formats.write import atomic_file
    from rerank.planning.document import plan_markdown, plan_svg

    contents = {
        DOCUMENT: text,
        MARKDOWN: plan_markdown(document, everything=True),
        FRONTIER: plan_svg(document) + "\n",
    }
    for name, content in contents.items():
        with atomic_file(folder / name) as file:
            file.write(content.encode("utf-8", "replace"))
