"""A report's folder: report.json, per_problem.jsonl, report.md, report.html, each whole or absent."""

import json
from collections.abc import Sequence
from pathlib import Path

from reasoning.formats.write import atomic_file
from rerank.estimators import Estimate
from rerank.grading import Graded
from rerank.markdown import to_markdown
from rerank.per_problem import per_problem_lines
from rerank.report import Report

REPORT, PER_PROBLEM, MARKDOWN, PAGE = "report.json", "per_problem.jsonl", "report.md", "report.html"


def write_folder(folder: Path, report: Report, *, graded: Graded, estimates: Sequence[Estimate]) -> None:
    """Write the four files; report.json comes last, so where it is, the others are.

    Raises:
        InputError: the folder cannot be written to.
    """
    from rerank.page.render import render_page  # draws the figures: slow to import

    settings = report.settings
    k, top_n = max(settings["ks"], default=1), max(settings["top_ns"], default=1)
    lines = per_problem_lines(graded.problems, estimates, k=k, top_n=top_n)
    _write(folder / PER_PROBLEM, "".join(line + "\n" for line in lines))
    _write(folder / MARKDOWN, to_markdown(report))
    _write(folder / PAGE, render_page(report, graded))
    _write(folder / REPORT, to_json(report))


def to_json(report: Report) -> str:
    """The report as indented JSON with a line break at its end."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    with atomic_file(path) as file:
        file.write(text.encode("utf-8", "replace"))
