"""What the sequence is worth: its samples against the control's, paired on the same test problems."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reasoning.answers.policy import Policy
from reasoning.formats import read_rows
from reasoning.formats.write import atomic_file
from rerank.comparison import MetricDifference, RunComparison, compare_runs, metric_rows
from rerank.grading import grade_rows
from rerank.markdown import aligned_table, p_value, points
from rerank.naming import title
from rerank.report import DEFAULT_EXTRACTION
from rerank.runs import Run, graded_run

COMPARISON = "comparison"
METRICS = ("pass", "mean", "maj1")  # Pass@1, which is greedy, the mean over samples, Maj1@N and Pass@N
PAIRS = (("sequence", "control"), ("sequence", "generator"), ("control", "generator"))


def compare_samples(settings: Mapping[str, Any], folder: Path) -> None:
    """The work of the last stage: comparison.md, then comparison.json."""
    runs = {name: read_run(name, Path(path)) for name, path in settings.items()}
    comparisons = [compare_runs(runs[a], runs[b], strategies=METRICS) for a, b in PAIRS]
    with atomic_file(folder / "comparison.md") as file:
        file.write(to_markdown(comparisons).encode())
    with atomic_file(folder / "comparison.json") as file:
        content = {"conclusion": conclusion(comparisons[0]), "comparisons": [asdict(c) for c in comparisons]}
        file.write(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n")


def read_run(name: str, path: Path) -> Run:
    """Sample rows, graded, as a run to compare."""
    settings = {"policy": Policy().as_dict(), "extraction": dict(DEFAULT_EXTRACTION)}
    return graded_run(name, grade_rows(read_rows([path])), settings=settings)


def to_markdown(comparisons: list[RunComparison]) -> str:
    """The finding, then each comparison with all its metrics."""
    parts = [
        "# Generator, evaluator, generator: against as many steps without the evaluator",
        conclusion(comparisons[0]),
    ]
    for compared in comparisons:
        parts += [f"## {compared.a.capitalize()} against {compared.b}", _table(compared)]
    parts.append(
        "Values are percent of the test problems, paired; p is adjusted (Holm) over the metrics of a table, and "
        "without p < 0.05 it is a tie. Pass@1 is of the greedy sample, Mean@1 the mean over the others."
    )
    return "\n\n".join(parts) + "\n"


def _table(compared: RunComparison) -> str:
    head = ["metric", compared.a, compared.b, "difference, points", "95% interval", "p (Holm)", f"{compared.a} is"]
    return aligned_table(head, metric_rows(compared), numeric=(1, 2, 3))


def conclusion(compared: RunComparison) -> str:
    """Whether a beats b, in one sentence."""
    found = {m.verdict for m in compared.metrics}
    verb = {True: "beats", False: "loses to"}
    if "better" in found and "worse" in found:
        text = f"The {compared.a} is better than the {compared.b} in one way and worse in another"
    elif found & {"better", "worse"}:
        text = f"The {compared.a} {verb['better' in found]} the {compared.b}"
    else:
        text = f"Whether the {compared.a} beats the {compared.b} is undecided"
    numbers = "; ".join(_numbers(m) for m in compared.metrics)
    return f"{text}, on {compared.num_problems:,} test problems: {numbers}."


def _numbers(m: MetricDifference) -> str:
    spread = f"95% interval {points(m.low)} to {points(m.high)}, {p_value(m.p_adjusted)}, {m.verdict}"
    return f"{title(m.name, m.n, m.k)} {points(m.difference)} points ({spread})"
