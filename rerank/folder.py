"""A report's folder: report.json, per_problem.jsonl, report.md, report.html, all of one report."""

import contextlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from reasoning.errors import InputError
from reasoning.formats.write import atomic_file
from rerank.estimators import Estimate
from rerank.grading import Graded
from rerank.markdown import to_markdown
from rerank.per_problem import per_problem_lines
from rerank.report import Report

REPORT, PER_PROBLEM, MARKDOWN, PAGE = "report.json", "per_problem.jsonl", "report.md", "report.html"
NAMES = (REPORT, PER_PROBLEM, MARKDOWN, PAGE)


def write_folder(folder: Path, report: Report, *, graded: Graded, estimates: Sequence[Estimate]) -> None:
    """Write the four files; where report.json is, the others are of the same report.

    A report that is already there stays as it is until all four are written in full. Only then do they take
    their names, one after the other, and meanwhile there is no report.json.

    Raises:
        InputError: the folder cannot be written to.
    """
    from rerank.page.render import render_page  # draws the figures: slow to import

    settings = report.settings
    k, top_n = max(settings["ks"], default=1), max(settings["top_ns"], default=1)
    lines = per_problem_lines(graded.problems, estimates, k=k, top_n=top_n)
    with contextlib.ExitStack() as files:
        # Closed in the opposite order, so that report.json is the last to take its name
        for name, parts in (
            (REPORT, (to_json(report),)),
            (PAGE, (render_page(report, graded),)),
            (MARKDOWN, (to_markdown(report),)),
            (PER_PROBLEM, (line + "\n" for line in lines)),
        ):
            _write(folder / name, parts, files=files)
        _remove(folder / REPORT)


def to_json(report: Report) -> str:
    """The report as indented JSON with a line break at its end."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(path: Path, parts: Iterable[str], *, files: contextlib.ExitStack) -> None:
    """Write a file that takes its name when `files` is closed."""
    file = files.enter_context(atomic_file(path))
    for part in parts:
        file.write(part.encode("utf-8", "replace"))


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: expected a file that can be replaced, found {error.strerror}") from error
