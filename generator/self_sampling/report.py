"""What a run found: pass@k by step, the buffers' growth, what samples were, and examples; as JSON, Markdown and SVG."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.self_sampling.buffer import OUTCOMES
from generator.self_sampling.figure import draw
from generator.self_sampling.recipe import SelfSamplingRecipe
from reasoning.formats.write import atomic_file

NUM_EXAMPLES = 5
MOST_ROWS = 12
_COUNTS = tuple(f"samples/{name}" for name in OUTCOMES)


@dataclass(frozen=True)
class History:
    """A run's figures by step, each list in the order of steps.

    Attributes:
        evaluations: pass@k, share of unique programs, and accuracy at the low temperature.
        buffers: fully and partially correct solutions a problem, references among the first.
        outcomes: of the samples since the line before, as shares that add up to 1; none where nothing was sampled.
    """

    evaluations: list[dict[str, float]]
    buffers: list[dict[str, float]]
    outcomes: list[dict[str, float]]


def write_report(metrics: Path, buffers: Path, folder: Path, *, recipe: SelfSamplingRecipe) -> None:
    """Write report.json, report.md and training.svg.

    Args:
        metrics: metrics.jsonl of the run.
        buffers: buffers.jsonl of the run.
        folder: for the files.
        recipe: of the run.
    """
    history = read_history(metrics)
    chosen = examples(buffers)
    figure = draw(history.evaluations, history.buffers, history.outcomes)
    for name, text in {
        "report.json": json.dumps({**history.__dict__, "examples": chosen}, indent=1, ensure_ascii=False),
        "report.md": "\n\n".join(_markdown(history, chosen, recipe)),
        "training.svg": figure,
    }.items():
        with atomic_file(folder / name) as file:
            file.write(text.encode() + b"\n")


def read_history(metrics: Path) -> History:
    """The figures of a run's metrics.jsonl."""
    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    buffers = [line for line in lines if "correct_per_problem" in line]
    outcomes = []
    before = dict.fromkeys(_COUNTS, 0.0)
    for line in buffers:
        new = {name: line[name] - before[name] for name in _COUNTS}
        if (num_samples := sum(new.values())) > 0:
            shares = {name.removeprefix("samples/"): count / num_samples for name, count in new.items()}
            outcomes.append({"step": line["step"], "num_samples": num_samples, **shares})
        before = line
    return History(
        [line for line in lines if "share_unique" in line],
        [{name: line[name] for name in ("step", "correct_per_problem", "partial_per_problem")} for line in buffers],
        outcomes,
    )


def examples(buffers: Path) -> list[dict[str, Any]]:
    """Problems with the most solutions besides their reference, both kinds first."""
    records = [json.loads(line) for line in buffers.read_text(encoding="utf-8").splitlines()]

    def worth(record: dict[str, Any]) -> tuple[bool, int]:
        found, begun = len(record["saved_fcp_programs"]) - 1, len(record["saved_pcp_programs"]) - 1
        return min(found, begun) > 0, found + begun

    chosen = sorted((record for record in records if worth(record)[1]), key=worth, reverse=True)[:NUM_EXAMPLES]
    return [
        {
            "id": record["task_id"],
            "problem": record["metadata"]["text"],
            "reference": record["saved_fcp_programs"][0],
            "correct": record["saved_fcp_programs"][1:],
            "partial": record["saved_pcp_programs"][1:],
        }
        for record in chosen
    ]


def _markdown(history: History, chosen: Sequence[dict[str, Any]], recipe: SelfSamplingRecipe) -> Iterator[str]:
    found = "fully and partially correct" if recipe.partial else "fully correct"
    yield "# Self-sampling"
    yield f"Objective {recipe.objective}; {found} samples; seed {recipe.seed}."
    yield "![pass@k, buffers and outcomes over the steps](training.svg)"
    if history.evaluations:
        yield "## pass@k by step"
        yield _table(_thinned(history.evaluations), shares=True)
    yield "## Solutions of a problem"
    yield _table(_thinned(history.buffers), shares=False)
    if history.outcomes:
        yield "## What the samples were"
        yield "Shares of the samples since the line before; `longer` ones have more lines than they may."
        yield _table(_thinned(history.outcomes), shares=True)
    if chosen:
        yield "## Examples"
        for example in chosen:
            yield _example(example)


def _table(lines: Sequence[dict[str, float]], *, shares: bool) -> str:
    names = list(lines[0])
    rows = [[_cell(name, line[name], shares=shares) for name in names] for line in lines]
    head = [name.removeprefix("samples/").replace("_", " ") for name in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---:"] * len(names), *rows))


def _cell(name: str, value: float, *, shares: bool) -> str:
    if name in ("step", "num_samples"):
        return f"{value:,.0f}"
    return f"{value:.1%}" if shares else f"{value:.2f}"


def _thinned(lines: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Some lines, evenly, the last one among them."""
    every = -(-len(lines) // MOST_ROWS)
    return list(lines[::-1][::every][::-1])


def _example(example: dict[str, Any]) -> str:
    """The texts are a model's: they stand in code blocks, out of which no text without backquotes leads."""
    parts = [("Reference", example["reference"])]
    parts += [("Fully correct", text) for text in example["correct"][:2]]
    parts += [("Partially correct", text) for text in example["partial"][:2]]
    blocks = [f"{title}:\n\n```python\n{text.replace('`', chr(39))}\n```" for title, text in parts]
    return "\n\n".join([f"### {example['id']}", *(f"> {line}" for line in example["problem"].splitlines()), *blocks])
