"""What the runs' test scores say: each arm's pass@k over seeds, and its difference to MLE."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.self_sampling.evaluation import KS, Scores
from quorum.pipelines.stages import Done
from recipes.self_sampling.plan import run_name
from recipes.self_sampling.recipe import ARMS
from rerank.statistics import Comparison, compare, holm

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Arm:
    """One arm, a run for each seed.

    Attributes:
        runs: the scores of each run, in the order of seeds.
        correct, partial: solutions of a problem in the buffers at the end, a number a seed.
    """

    name: str
    runs: list[Scores]
    correct: list[float]
    partial: list[float]

    def values(self, k: int) -> Values:
        """pass@k of each problem, a mean over seeds."""
        return np.mean([run.pass_at(k) for run in self.runs], axis=0)  # type: ignore[no-any-return]

    @property
    def best(self) -> Values:
        """Whether the sample at the low temperature is right, of each problem, a mean over seeds."""
        return np.mean([run.best for run in self.runs], axis=0)  # type: ignore[no-any-return]

    @property
    def share_unique(self) -> float:
        return float(np.mean([run.unique for run in self.runs]))

    def by_seed(self, k: int) -> list[float]:
        """pass@k of each run."""
        return [float(np.mean(run.pass_at(k))) for run in self.runs]


@dataclass(frozen=True)
class Difference:
    """An arm's pass@k less another's, paired on the test problems; `p_adjusted` is Holm's over its family."""

    comparison: Comparison
    p_adjusted: float


def measure(done: Mapping[str, Done], seeds: Sequence[int]) -> dict[str, Arm]:
    """Every arm, from the stages' results."""
    arms = {}
    for name in ARMS:
        runs = [done[run_name(name, seed)].output.parent for seed in seeds]
        scores = [_scores(done[f"test-{run_name(name, seed)}"].output) for seed in seeds]
        last = [_last_figures(run / "metrics.jsonl") for run in runs]
        arms[name] = Arm(
            name,
            scores,
            [figures["correct_per_problem"] for figures in last],
            [figures["partial_per_problem"] for figures in last],
        )
    return arms


def known_ks(arms: Mapping[str, Arm]) -> list[int]:
    """The k that there are enough samples for."""
    num_samples = min(run.num_samples for arm in arms.values() for run in arm.runs)
    return [k for k in KS if k <= num_samples]


def differences(pairs: Sequence[tuple[Values, Values]]) -> list[Difference]:
    """Each pair's comparison; the pairs are one family."""
    found = [compare(a, b) for a, b in pairs]
    adjusted = holm([comparison.p_value for comparison in found])
    return [Difference(comparison, p) for comparison, p in zip(found, adjusted, strict=True)]


def _scores(path: Path) -> Scores:
    return Scores(**json.loads(path.read_bytes()))


def _last_figures(metrics: Path) -> dict[str, float]:
    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    found: dict[str, float] = [line for line in lines if "correct_per_problem" in line][-1]
    return found
