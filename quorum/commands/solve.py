"""`quorum solve`: one question, or a file of problems: samples, clusters, verdicts, and the chosen answer."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorum.commands.choosing import add_size_arguments
from quorum.commands.grading import check_file, positive
from quorum.commands.reading import check_not_read
from quorum.commands.sampling import MODEL_HELP, add_sampling_arguments, risk, sampling_params
from quorum.terminal import inert
from reasoning.errors import InputError, QuorumError, Unavailable
from rerank.strategies import STRATEGIES

if TYPE_CHECKING:
    from reasoning.problems import ProblemRow
    from reasoning.types import Problem
    from rerank.solution import Solution
    from rerank.solver import Solver

EMBEDDED, NONE = "embedded", "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("question", nargs="?", metavar="QUESTION", help="the problem's text; - reads it from stdin")
    parser.add_argument("-i", "--input", type=Path, metavar="FILE", help="a file of problems instead; - is stdin")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where results go (default: stdout)")
    parser.add_argument("--json", action="store_true", help="a JSON object a problem instead of text")
    parser.add_argument("--limit", type=positive, metavar="L", help="only the first L problems of the file")
    parser.add_argument(
        "--generator", "--model", default=EMBEDDED, metavar="MODEL", help=f"{MODEL_HELP} (default: embedded)"
    )
    parser.add_argument(
        "--evaluator",
        metavar="MODEL",
        help="the same, or none, which votes (default: embedded with the embedded generator, else none)",
    )
    add_sampling_arguments(parser, n=32, temperature=0.6, top_p=0.95)
    group = parser.add_argument_group("choosing")
    group.add_argument(
        "--strategy", choices=list(STRATEGIES), help="how to choose (default: w.rr.majk; maj1 without an evaluator)"
    )
    add_size_arguments(group)
    group.add_argument(
        "--stop",
        metavar="RULE",
        help="stop before --n samples: lossless, when the rest cannot change the answer; anytime:0.05, when it is the "
        "most likely one with that error at most; budget:0.05, when no answer would have more of all --n samples",
    )
    group.add_argument(
        "--max-risk",
        type=risk,
        metavar="R",
        help="give no answer where more than the share R of such answers may be wrong, as 0.05; needs a calibrated "
        "evaluator",
    )


def run(args: argparse.Namespace) -> int:
    """Solve one question or every problem of a file."""
    if (args.question is None) == (args.input is None):
        found = "neither" if args.question is None else "both"
        raise InputError(f"expected a question or --input FILE, found {found}; give one of them")
    if args.output is not None:
        check_file(args.output)
    if args.input is not None:
        check_not_read([args.input], args.output)
    solver, notices = make_solver(args)
    failures: list[str] = []
    lines = _one(args, solver, notices) if args.input is None else _many(args, solver, notices, failures)
    if args.output is None:
        for line in lines:
            print(line, flush=True)
    else:
        from reasoning.formats.write import atomic_file, write_lines

        with atomic_file(args.output) as file:
            write_lines(lines, file)
    return 1 if failures else 0


def make_solver(args: argparse.Namespace) -> "tuple[Solver, tuple[str, ...]]":
    """The solver that the arguments ask for, and what its models say of themselves."""
    from quorum.load import (
        Calibration,
        check_option,
        has_embedded,
        load_calibration,
        load_evaluator,
        load_generator,
        notices,
    )
    from rerank.solver import SolveOptions, Solver, strategy_name
    from rerank.stopping import GUARANTEED, parse_rule

    ships_with_evaluator = args.generator == EMBEDDED and has_embedded("evaluator")
    evaluator = args.evaluator or (EMBEDDED if ships_with_evaluator else NONE)
    evaluator = None if evaluator == NONE else evaluator
    check_option("--device", args.device, args.generator, evaluator)
    stop = None if args.stop is None else parse_rule(args.stop, among=GUARANTEED)
    strategy = strategy_name(args.strategy, has_judge=evaluator is not None, stop=stop)
    if stop is not None and args.max_risk is not None:
        raise InputError("expected --stop or --max-risk, found both; a risk is calibrated for all --n samples")
    calibration = Calibration()
    if stop is None:
        calibration = load_calibration(
            evaluator, strategy=strategy, num_samples=args.n, k=args.k, top_n=args.top_n, max_risk=args.max_risk
        )
    options = SolveOptions(
        num_samples=args.n,
        params=sampling_params(args),
        seed=args.seed,
        strategy=strategy,
        k=args.k,
        top_n=args.top_n,
        calibrate=calibration.confidence,
        min_confidence=calibration.min_confidence,
        stop=stop,
    )
    judge = None if evaluator is None else load_evaluator(evaluator, device=args.device)
    solver = Solver(load_generator(args.generator, device=args.device), judge, options=options)
    note = () if calibration.note is None else (calibration.note,)
    return solver, (*note, *notices(args.generator, evaluator))


def _one(args: argparse.Namespace, solver: "Solver", notices: tuple[str, ...]) -> Iterator[str]:
    from quorum.solution_text import solution_text
    from reasoning.types import Problem

    text = sys.stdin.read() if args.question == "-" else args.question
    if not text.strip():
        raise InputError("expected a question, found an empty text")
    text = text.strip()
    solution = noted(followed(solver, Problem(id=text, text=text)), notices)
    yield json.dumps(solution.as_dict(), ensure_ascii=False) if args.json else solution_text(solution, k=args.k)


def _many(args: argparse.Namespace, solver: "Solver", notices: tuple[str, ...], failures: list[str]) -> Iterator[str]:
    """A line a problem; one that cannot be solved is named, and the others are."""
    from itertools import islice

    from reasoning.problems import read_problems

    num_problems = num_graded = num_correct = 0
    for row in islice(read_problems([args.input]), args.limit):
        num_problems += 1
        try:
            solution = noted(solver.solve(row.as_problem), notices)
        except QuorumError as error:
            if isinstance(error, Unavailable) and len(failures) == num_problems - 1:
                raise  # the engine has never answered, so its name is wrong rather than the problem
            failures.append(row.id)
            yield json.dumps({"id": row.id, "error": str(error)}) if args.json else inert(f"{row.id}\tfailed: {error}")
            continue
        correct = is_correct(row, solution)
        num_graded += correct is not None
        num_correct += correct is True
        yield _line(row, solution, correct, as_json=args.json)
    for notice in notices:
        print(inert(notice), file=sys.stderr)
    graded = f", {num_correct:,} of {num_graded:,} answers correct" if num_graded else ""
    failed = f", {len(failures):,} failed" if failures else ""
    print(f"{num_problems:,} {'problem' if num_problems == 1 else 'problems'}{graded}{failed}", file=sys.stderr)


def followed(solver: "Solver", problem: "Problem") -> "Solution":
    """The solution; its samples are told on standard error as they come, if that is a terminal."""
    from quorum.solution_text import sample_line
    from rerank.solution import Done, Sampled

    for event in solver.events(problem):
        if isinstance(event, Sampled) and sys.stderr.isatty():
            print(inert(sample_line(event)), file=sys.stderr, flush=True)
        if isinstance(event, Done):
            return event.solution
    raise AssertionError("the last event is Done")


def noted(solution: "Solution", notices: Iterable[str]) -> "Solution":
    return replace(solution, notes=(*solution.notes, *notices))


def is_correct(row: "ProblemRow", solution: "Solution") -> bool | None:
    """Whether the answer is the expected one; None where none is expected or given."""
    from reasoning.answers import Grade, grade

    if row.expected_answer is None or solution.abstained:
        return None
    return grade(candidate=solution.answer, expected=row.expected_answer) is Grade.EQUAL


def _line(row: "ProblemRow", solution: "Solution", correct: bool | None, *, as_json: bool) -> str:
    if as_json:
        fields: dict[str, Any] = {"id": row.id, "correct": correct, **solution.as_dict()}
        return json.dumps(fields, ensure_ascii=False)
    verdict = {True: "correct", False: f"wrong, expected {row.expected_answer}", None: ""}[correct]
    answer = f"no answer: {solution.reason}" if solution.abstained else str(solution.answer)
    confidence = "" if solution.confidence is None else f"{solution.confidence:.2f}"
    return inert("\t".join(" ".join(part.split()) for part in (row.id, answer, confidence, verdict)).rstrip("\t"))
