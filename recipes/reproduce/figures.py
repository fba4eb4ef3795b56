"""Figures 1, 3 and 4 of the paper, drawn from the samples here as files that stand alone."""

import re
from pathlib import Path

from reasoning.formats.write import atomic_file
from recipes.reproduce.measure import Results
from recipes.reproduce.plan import BOTH, LOSSES
from rerank.plots import Figure, against_parameter, oracles, shares

INK, PAPER = "#1b1f24", "#ffffff"
TITLES = {
    "parameter": "Figure 1, left: accuracy against K or N",
    "cost": "Figure 1, right: what the evaluator must score",
    "oracle": "Figure 3: MajK, Maj1, and the share of samples in the K largest clusters",
    "shares": "Figure 4, left: correct samples, of all samples of a problem",
    "ratios": "Figure 4, right: the correct cluster against the majority's, where the vote is wrong",
}


def figures(results: Results) -> list[Figure]:
    """Of the generator of both styles and, as in the paper, the evaluator trained with cross-entropy."""
    report = results.scored[LOSSES[1], BOTH].report()
    return [*against_parameter(report), *oracles(report), *shares(report)]


def write_figures(drawn: list[Figure], folder: Path) -> None:
    """One SVG file a figure, by its name."""
    for figure in drawn:
        with atomic_file(folder / f"{figure.name}.svg") as file:
            file.write(standalone(figure.svg).encode() + b"\n")


def standalone(svg: str) -> str:
    """A page's drawing with the page's colours written out, on white."""
    coloured = re.sub(r"var\(--c([0-9a-f]{6})\)", r"#\1", svg).replace("var(--paper)", PAPER)
    root, _, rest = coloured.partition(">")
    style = f'font-family="system-ui, sans-serif" color="{INK}" fill="{INK}"'
    return f'{root} {style}><rect width="100%" height="100%" fill="{PAPER}"/>{rest}'
