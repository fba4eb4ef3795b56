"""What the runs' samples say: metrics of each model over seeds, and the differences that are claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quorum.pipelines.self_training.measures import measure
from recipes.self_training.plan import SeedRuns
from rerank.statistics import Comparison, compare, holm, verdict

Key = tuple[str, int]
"""A metric's name and its number of samples."""

Values = Mapping[Key, npt.NDArray[np.float64]]
"""A value a problem of each metric, a mean over seeds."""


@dataclass(frozen=True)
class Claim:
    """That one model's metric is above another's."""

    one: str
    other: str
    metric: Key
    comparison: Comparison
    p_adjusted: float

    @property
    def status(self) -> str:
        words = {"better": "holds", "worse": "does not hold", "tied": "undecided"}
        return words[verdict(self.comparison, self.p_adjusted)]


def measure_all(seeds: Sequence[SeedRuns]) -> dict[str, Values]:
    """The metrics of every model, by its title."""
    files: dict[str, list[Path]] = {}
    for runs in seeds:
        of_seed = {"base model": runs.rest_em.samples(0), "references": runs.references.samples(0)}
        for number in range(1, len(runs.rest_em.rounds)):
            of_seed[f"ReST-EM, round {number}"] = runs.rest_em.samples(number)
        of_seed["one round, all samples"] = runs.once.samples(1)
        for title, path in of_seed.items():
            files.setdefault(title, []).append(path)
    return {title: _mean_over([_values(path) for path in dict.fromkeys(paths)]) for title, paths in files.items()}


def claims(found: Mapping[str, Values]) -> list[Claim]:
    """The last round against every other model, by every metric; one family of p-values."""
    last = max((title for title in found if title.startswith("ReST-EM")), key=lambda title: int(title.split()[-1]))
    others = ["base model", "references", "one round, all samples"]
    pairs = [(other, metric) for other in others for metric in found[last]]
    compared = [compare(found[last][metric], found[other][metric]) for other, metric in pairs]
    adjusted = holm([each.p_value for each in compared])
    return [Claim(last, *pair, each, p) for pair, each, p in zip(pairs, compared, adjusted, strict=True)]


def _values(path: Path) -> Values:
    return {(each.name, each.n): each.values for each in measure(path, seed=0).estimates}


def _mean_over(seeds: Sequence[Values]) -> Values:
    return {metric: np.mean([values[metric] for values in seeds], axis=0) for metric in seeds[0]}
