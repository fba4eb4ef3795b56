"""What each metric and strategy is worth at every number of samples, one value per problem.

A value at n samples is the expectation over all subsets of n of the problem's samples, drawn without
replacement: never the first n, never with replacement. It is exact where a formula is known (rerank.exact)
and the mean over drawn subsets otherwise (rerank.monte_carlo); every estimate says which.

Ties are split evenly between tied clusters in maj1 and majk, which look at no score, and between tied
candidates in rr.all. The other strategies break ties as in rerank.strategies, with the position in the drawn
order in place of the sample index: a sample's place in the file decides nothing, and clusters that are alike
in size and summed score win equally often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError
from reasoning.formats.parse import shown
from rerank.ballots import Ballot, build_ballots
from rerank.exact import maj1_at_k, maj1_curve, rr_all_at_k
from rerank.formulas import exact_values
from rerank.grading import GradedProblem, has_scores
from rerank.monte_carlo import mean_outcomes
from rerank.outcomes import Measure
from rerank.strategies import DEFAULT_KS, DEFAULT_TOP_NS

__all__ = [
    "Estimate",
    "estimate",
    "estimate_parameters",
    "maj1_at_k",
    "maj1_curve",
    "rr_all_at_k",
    "sample_size_grid",
    "top_k_share",
    "with_greedy",
]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """One metric or strategy at one number of samples.

    Attributes:
        name: "first", "mean", "pass", "maj1", "majk", or a strategy that needs scores.
        n: samples in a subset; "first" and "mean" have 1.
        k: K of majk, rr.majk, w.rr.majk; N of maj1.topn; None for the others.
        values: (num_problems,) probability that the chosen answer is correct; 0 or 1 where n is all samples.
        estimator: "exact" where every problem's value is, else "monte-carlo"; "greedy" for Pass@1 of the one
            greedy sample.
        standard_error: of the mean of `values`, from drawing subsets alone; 0.0 where exact.
    """

    name: str
    n: int
    k: int | None
    values: FloatArray
    estimator: Literal["exact", "monte-carlo", "greedy"]
    standard_error: float

    @property
    def mean(self) -> float:
        return float(self.values.mean())


def estimate(
    problems: Sequence[GradedProblem],
    *,
    sample_sizes: Sequence[int] | None = None,
    ks: Sequence[int] = DEFAULT_KS,
    top_ns: Sequence[int] = DEFAULT_TOP_NS,
    seed: int = 0,
) -> list[Estimate]:
    """Estimate every metric and strategy at every number of samples.

    Args:
        problems: each with an expected answer and at least one sample; (num_problems,) of every result.
        sample_sizes: numbers of samples; None for `sample_size_grid(problems)`.
        ks: K of majk, rr.majk and w.rr.majk.
        top_ns: N of maj1.topn.
        seed: of the drawn subsets; each problem has its own stream, so the order of problems changes nothing.

    Returns:
        "first" once, then for each n: pass, maj1, majk per K, and where any candidate has a score rr.all,
        rr.majk per K, w.rr, w.rr.majk per K, maj1.topn per N. A problem without scores counts as wrong there.

    Raises:
        InputError: a number of samples above that of some problem, a parameter below 1, no problem, a problem
            without an expected answer or without a sample, or a score outside [0, 1].
    """
    ballots = build_ballots(problems)
    sizes = sample_size_grid(problems) if sample_sizes is None else list(sample_sizes)
    metrics = [Measure("pass", None), Measure("maj1", None), *(Measure("majk", k) for k in ks)]
    if has_scores(problems):
        metrics += [Measure("rr.all", None), *(Measure("rr.majk", k) for k in ks), Measure("w.rr", None)]
        metrics += [*(Measure("w.rr.majk", k) for k in ks), *(Measure("maj1.topn", n) for n in top_ns)]
    _check(ballots, sizes, metrics)
    return [_first(ballots), *_estimates(ballots, sizes, metrics, seed=seed)]


def with_greedy(estimates: Sequence[Estimate], greedy: Sequence[bool | None]) -> list[Estimate]:
    """Make Pass@1 the greedy samples' value, and call the mean over the sampled ones "mean".

    Args:
        estimates: of `estimate`.
        greedy: per problem, whether its greedy sample is correct. Where any problem has none, nothing changes:
            Pass@1 is then the mean over samples.
    """
    if not greedy or any(correct is None for correct in greedy):
        return list(estimates)
    values = np.array([float(bool(correct)) for correct in greedy])
    renamed = [replace(e, name="mean") if (e.name, e.n) == ("pass", 1) else e for e in estimates]
    return [Estimate("pass", 1, None, values, "greedy", 0.0), *renamed]


def estimate_parameters(
    problems: Sequence[GradedProblem],
    *,
    n: int | None = None,
    ks: Sequence[int],
    top_ns: Sequence[int],
    seed: int = 0,
) -> list[Estimate]:
    """Accuracy as a function of K and of TopN at n samples (None: the smallest number that a problem has).

    Returns:
        majk for each K; where any candidate has a score also rr.majk and w.rr.majk for each K, maj1.topn for
        each N.

    Raises:
        InputError: as `estimate`.

    Source: figures 1 (left) and 3, arXiv:2310.10047.
    """
    ballots = build_ballots(problems)
    size = min(ballot.num_samples for ballot in ballots) if n is None else n
    metrics = [Measure("majk", k) for k in ks]
    if has_scores(problems):
        metrics += [Measure(name, k) for name in ("rr.majk", "w.rr.majk") for k in ks]
        metrics += [Measure("maj1.topn", top_n) for top_n in top_ns]
    _check(ballots, [size], metrics)
    return _estimates(ballots, [size], metrics, seed=seed)


def sample_size_grid(problems: Sequence[GradedProblem]) -> list[int]:
    """Powers of two below the smallest number of samples that a problem has, and that number itself."""
    smallest = min(len(problem.candidates) for problem in problems)
    return [2**i for i in range(smallest.bit_length()) if 2**i < smallest] + [smallest]


def top_k_share(problems: Sequence[GradedProblem], ks: Sequence[int]) -> FloatArray:
    """Share of a problem's samples that are in its K largest clusters.

    It is what rr.majk and w.rr.majk pay the evaluator, as a share of scoring everything; rr.all, w.rr and
    maj1.topn pay 1, maj1 pays 0. Which of two tied clusters is in makes no difference to it.

    Returns:
        (num_problems, num_ks), each in [0, 1]; samples without an answer are in no cluster.

    Source: figures 1 (right) and 3, arXiv:2310.10047.
    """
    shares = []
    for ballot in build_ballots(problems):
        covered = np.concatenate([[0], np.cumsum(-np.sort(-ballot.sizes))])
        shares.append(covered[np.minimum(ks, ballot.num_clusters)] / ballot.num_samples)
    return np.stack(shares)


def _check(ballots: Sequence[Ballot], sizes: Sequence[int], metrics: Sequence[Measure]) -> None:
    smallest = min(ballots, key=lambda ballot: ballot.num_samples)
    for n in sizes:
        if not 1 <= n <= smallest.num_samples:
            raise InputError(
                f"`n` must be 1 to {smallest.num_samples}, the number of samples of problem "
                f"{shown(smallest.problem_id)}; got {n}. Leave out that n, or the problems with fewer samples."
            )
    for metric in metrics:
        if metric.k is not None and metric.k < 1:
            raise InputError(f"the parameter of {metric.name} must be at least 1; got {metric.k}")


def _first(ballots: Sequence[Ballot]) -> Estimate:
    values = np.array([float(ballot.is_correct[0]) for ballot in ballots])
    return Estimate("first", 1, None, values, "exact", 0.0)


def _estimates(
    ballots: Sequence[Ballot], sizes: Sequence[int], metrics: Sequence[Measure], *, seed: int
) -> list[Estimate]:
    """Formulas where there are some, draws for the rest."""
    estimates = []
    for n, exact_PM in zip(sizes, exact_values(ballots, sizes, metrics), strict=True):
        is_unknown_PM = np.isnan(exact_PM)
        means = mean_outcomes(ballots, n, metrics, wanted_PM=is_unknown_PM, seed=seed)
        values_PM = np.where(is_unknown_PM, means.values, exact_PM)
        is_exact_M = (~is_unknown_PM | means.is_exact).all(axis=0)
        errors_M = np.sqrt(means.variances.sum(axis=0)) / len(ballots)
        estimates += [
            Estimate(name, n, k, values_P, "exact" if is_exact else "monte-carlo", float(error))
            for (name, k), values_P, is_exact, error in zip(metrics, values_PM.T, is_exact_M, errors_M, strict=True)
        ]
    return estimates
