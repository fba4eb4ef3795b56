"""Estimates to what a report states: values with intervals, curves, paired comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rerank.estimators import Estimate, estimate_parameters
from rerank.grading import GradedProblem
from rerank.intervals import intervals
from rerank.naming import is_oracle
from rerank.statistics import compare, holm, verdict

MAX_PARAMETERS = 16  # points of a curve over K or N


@dataclass(frozen=True, slots=True)
class Metric:
    """One number: a metric or strategy at n samples, as a fraction, with its 95% interval over problems.

    Attributes:
        name: "first", "mean", "pass", "maj1", "majk", or a strategy that needs scores.
        n: samples per problem it looks at.
        k: K or TopN; None where there is none.
        value, low, high: fractions.
        estimator: "exact", "monte-carlo", or "greedy" for Pass@1 of the one greedy sample.
        standard_error: of the value, from drawing subsets alone; 0 where exact.
        interval: how low and high were found, "wilson" or "bootstrap".
    """

    name: str
    n: int
    k: int | None
    value: float
    low: float
    high: float
    estimator: str
    standard_error: float = 0.0
    interval: str = "bootstrap"


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric against the number of samples, or against K or TopN."""

    name: str
    k: int | None
    points: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Metric a at n minus metric b at b_n on the same problems; `p_adjusted` is Holm's over all of them."""

    a: str
    b: str
    n: int
    b_n: int
    k: int | None
    difference: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    verdict: str
    test: str


def at_largest_n(estimates: Sequence[Estimate], n: int) -> list[Estimate]:
    """One sample (Pass@1, mean, first), then what chooses among n, then the oracles."""
    last = [e for e in estimates if e.n == n or e.name in ("first", "mean") or (e.name, e.n) == ("pass", 1)]
    return sorted(last, key=lambda e: (is_oracle(e.name, e.n), e.n, e.name == "first"))


def summarise(estimates: Sequence[Estimate], *, seed: int) -> list[Metric]:
    """Each estimate's mean with its interval; all see the same resamples of problems."""
    if not estimates:
        return []
    found = intervals(np.stack([e.values for e in estimates], axis=1), seed=seed)
    return [
        Metric(
            name=e.name,
            n=e.n,
            k=e.k,
            value=e.mean,
            low=interval.low,
            high=interval.high,
            estimator=e.estimator,
            standard_error=e.standard_error,
            interval=interval.method,
        )
        for e, interval in zip(estimates, found, strict=True)
    ]


def curves_over_n(estimates: Sequence[Estimate], *, seed: int) -> list[Curve]:
    """One curve per metric and K, n rising. Pass begins with the mean over samples, greedy samples or not."""
    sampled = [replace(e, name="pass") if e.name == "mean" else e for e in estimates if e.estimator != "greedy"]
    groups: dict[tuple[str, int | None], list[Metric]] = {}
    for metric in summarise(sampled, seed=seed):
        groups.setdefault((metric.name, metric.k), []).append(metric)
    return [Curve(name, k, tuple(sorted(g, key=lambda m: m.n))) for (name, k), g in groups.items()]


def parameter_curves(problems: Sequence[GradedProblem], n: int, *, seed: int) -> tuple[Curve, ...]:
    """MajK and the strategies with a parameter against K or TopN, at n samples."""
    ks = parameter_grid(min(n, max_clusters(problems)))
    found = estimate_parameters(problems, n=n, ks=ks, top_ns=parameter_grid(n), seed=seed)
    groups: dict[str, list[Metric]] = {}
    for metric in summarise(found, seed=seed):
        groups.setdefault(metric.name, []).append(metric)
    return tuple(Curve(name, None, tuple(points)) for name, points in groups.items())


def parameter_grid(largest: int) -> list[int]:
    """1 to the largest, all of them or `MAX_PARAMETERS` of them, denser where small."""
    if largest <= MAX_PARAMETERS:
        return list(range(1, max(1, largest) + 1))
    return sorted({round(value) for value in np.geomspace(1, largest, MAX_PARAMETERS)})


def max_clusters(problems: Sequence[GradedProblem]) -> int:
    """The most clusters that any problem has; a larger K changes nothing."""
    return max(len(set(p.labels) - {None}) for p in problems)


def compare_strategies(estimates: Sequence[Estimate], *, seed: int) -> list[PairedComparison]:
    """Every strategy against the vote and against the first sample; the vote also against Pass@1."""
    strategies = [e for e in estimates if e.name not in ("first", "mean", "pass", "majk")]
    vote, first, one = (next(e for e in estimates if e.name == name) for name in ("maj1", "first", "pass"))
    pairs = [(a, vote) for a in strategies if a is not vote]
    pairs += [(vote, one), *((a, first) for a in strategies)]
    found = [compare(a.values, b.values, seed=seed) for a, b in pairs]
    adjusted = holm([c.p_value for c in found])
    return [
        PairedComparison(
            a=a.name,
            b=b.name,
            n=a.n,
            b_n=b.n,
            k=a.k,
            difference=c.difference,
            low=c.low,
            high=c.high,
            p_value=c.p_value,
            p_adjusted=p,
            verdict=verdict(c, p),
            test=c.test,
        )
        for (a, b), c, p in zip(pairs, found, adjusted, strict=True)
    ]
