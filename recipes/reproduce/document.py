"""The reproduction as a Markdown document: numbers here beside the paper's, and what holds."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from quorum.pipelines.stages import Done
from reasoning.config import resolved
from reasoning.formats.write import atomic_file
from recipes.reproduce.figures import TITLES, figures, write_figures
from recipes.reproduce.findings import Finding, findings
from recipes.reproduce.measure import Results
from recipes.reproduce.plan import LOSSES
from recipes.reproduce.recipe import ReproduceRecipe
from recipes.reproduce.tables import table_2, table_3, table_4, table_6, table_7
from rerank.markdown import aligned_table

DOCUMENT, FIGURES = "reproduction.md", "reproduction"
VERSIONED = ("quorum-math", "torch", "transformers", "numpy")


@dataclass(frozen=True)
class Making:
    """How the numbers came about.

    Attributes:
        done: every stage, by name.
        command: that makes them again.
    """

    scale: str
    recipe: ReproduceRecipe
    done: Mapping[str, Done]
    command: str


def write_document(results: Results, making: Making, folder: Path) -> Path:
    """Write the figures, then the document beside their folder; return the document's path."""
    drawn = figures(results)
    write_figures(drawn, folder / FIGURES)
    captions = [(TITLES[figure.name], figure.name, figure.caption) for figure in drawn]
    with atomic_file(folder / DOCUMENT) as file:
        file.write(to_markdown(results, making, captions).encode())
    return folder / DOCUMENT


def to_markdown(results: Results, making: Making, captions: Sequence[tuple[str, str, str]]) -> str:
    """The whole document.

    Args:
        captions: title, file's name and caption of each figure.
    """
    parts = [
        "# The paper in miniature",
        _opening(results, making),
        f"Learning from own samples has pages of its own: [self-sampling]({FIGURES}/self-sampling.md) and "
        f"[ReST-EM]({FIGURES}/self-training.md), written by `make reproduce-self`.",
        "## What holds here",
        *_holds(findings(results)),
        "## Table 2: supervised solution fine-tuning",
        *table_2(results),
        "## Table 3: reranking all samples, and those of the largest clusters",
        *table_3(results),
        "## Table 4: in sequence, and the control",
        *table_4(results),
        "## Table 6: another generator's samples",
        *table_6(results),
        "## Table 7: all strategies, parameters chosen on validation",
        *table_7(results),
        "## Figures",
        f"Of the generator of both styles and the {LOSSES[1]} evaluator.",
        *(f"### {name}\n\n![{name}]({FIGURES}/{file}.svg)\n\n{caption}" for name, file, caption in captions),
        "## How it was made",
        *_making(making),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(results: Results, making: Making) -> str:
    problems = making.recipe.problems
    num_test = len(results.first.graded.problems)
    return (
        f"Generators and evaluators of arXiv:2310.10047, trained from nothing on procedural word problems at the scale "
        f"**{making.scale}**, and measured on {num_test:,} test problems of templates that no model was trained on, "
        f'with {results.first.n} samples each. Every number of a column "here" was measured in this run; the paper\'s '
        f"are those of PaLM 2 on MATH-500, so the two can agree in what is better than what, not in values.\n\n"
        f"The generators learn {problems.generator:,} problems of one half of the templates; the evaluators learn from "
        f"samples on {problems.evaluator:,} problems of the other half, whose errors are those on unseen templates. "
        f"Values are percent; intervals are 95%, over problems. A difference is paired on the same problems, its p is "
        f"adjusted (Holm) within its table, and without p < 0.05 it is a tie."
    )


def _holds(found: Sequence[Finding]) -> list[str]:
    counts = Counter(finding.status for finding in found)
    summary = (
        f"Of {len(found)} findings, {counts['holds']} hold here, {counts['does not hold']} do not, and "
        f"{counts['undecided']} are undecided. The p-values of this list are adjusted over all of it."
    )
    return [summary, "\n".join(f"- {finding.sentence()}" for finding in found)]


def _making(making: Making) -> list[str]:
    rows = [
        [name, f"{done.took_s:,.0f}", done.output.parent.name.rpartition("-")[2], done.digest[:16]]
        for name, done in making.done.items()
    ]
    minutes = sum(done.took_s for done in making.done.values()) / 60
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONED)
    recipe = json.dumps(resolved(making.recipe), ensure_ascii=False, indent=1)
    return [
        f"Scale {making.scale}: `{making.command}`. All stages together took {minutes:,.0f} minutes; what was cut off "
        f"and begun again is counted once. Seeds are in the recipe; {versions}.",
        aligned_table(["stage", "seconds", "stage hash", "SHA-256 of the result"], rows, numeric=(1,)),
        f"<details><summary>The recipe, every setting</summary>\n\n```json\n{recipe}\n```\n\n</details>",
    ]
