"""What samples say: of one model with intervals, and of two models on the same problems, paired."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reasoning.formats import read_rows
from rerank.difficulty import BUCKETS, bucket_of
from rerank.estimators import Estimate, estimate, with_greedy
from rerank.grading import Graded, GradedProblem, grade_rows
from rerank.metrics import Metric, summarise
from rerank.statistics import compare, holm, verdict

FloatArray = npt.NDArray[np.float64]

CURVE = (1, 2, 5, 10, 20, 50, 100)  # samples of a Pass@k curve, as far as there are so many
_Z = 1.959963984540054  # of a 95% normal interval


@dataclass(frozen=True)
class Measured:
    """Graded samples of one model on some problems."""

    graded: Graded
    seed: int

    @cached_property
    def estimates(self) -> list[Estimate]:
        """Pass at every number of samples of CURVE, Pass and Maj1 at all of them, and the mean over samples."""
        n = min(len(problem.candidates) for problem in self.graded.problems)
        sizes = sorted({size for size in CURVE if size <= n} | {n})
        found = estimate(self.graded.problems, sample_sizes=sizes, ks=(), top_ns=(), seed=self.seed)
        wanted = [e for e in found if e.name == "pass" or (e.name == "maj1" and e.n == n > 1)]
        mean = Estimate("mean", 1, None, shares(self.graded.problems), "exact", 0.0)
        greedy = [e for e in with_greedy(wanted, self.graded.greedy) if e.name != "mean"]
        return [mean, *(e for e in greedy if e.estimator == "greedy" or (e.name, e.n) != ("pass", 1))]

    def metrics(self) -> list[Metric]:
        return summarise(self.estimates, seed=self.seed)


@dataclass(frozen=True)
class Change:
    """A metric of one model minus that of another on the same problems.

    Attributes:
        low, high: 95%, of the difference.
        p_adjusted: Holm's over the changes of one list.
        verdict: of after against before.
    """

    name: str
    n: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    p_adjusted: float
    verdict: str


@dataclass(frozen=True)
class BucketChange:
    """The change of the mean share of correct samples on problems of like difficulty; empty without problems."""

    bucket: str
    num_problems: int
    change: Change | None


@dataclass(frozen=True)
class Gap:
    """The share of correct samples on problems that were learnt from, minus that on others; 95%, normal."""

    value: float
    low: float
    high: float


def measure(path: Path, *, seed: int) -> Measured:
    """Sample rows as they are graded."""
    return Measured(grade_rows(read_rows([path]), workers=1, page_bytes=0), seed)


def shares(problems: Sequence[GradedProblem], *, every: slice = slice(None)) -> FloatArray:
    """(num_problems,) share of correct samples among some of each problem's."""
    return np.array(
        [np.mean([label is not None and label == p.correct for label in p.labels[every]]) for p in problems],
        dtype=np.float64,
    )


def changes(before: Measured, after: Measured) -> list[Change]:
    """Every metric that both have; the p-values are one family."""
    pairs = [(a, b) for a in after.estimates for b in before.estimates if (a.name, a.n, a.k) == (b.name, b.n, b.k)]
    return _changes([(b.name, b.n, b.values, a.values) for a, b in pairs], seed=after.seed)


def changes_by_difficulty(before: Measured, after: Measured) -> list[BucketChange]:
    """The gain by how hard a problem was before.

    Every other sample of before says how hard a problem is, the rest what it was worth there. So a problem that was
    only unlucky in the samples that call it hard does not seem to gain.

    Source: the buckets of section 5.2, arXiv:2312.06585, which takes the same samples for both.
    """
    names = [bucket_of(share) for share in shares(before.graded.problems, every=slice(0, None, 2))]
    others, later = shares(before.graded.problems, every=slice(1, None, 2)), shares(after.graded.problems)
    inside = {name: np.array([found == name for found in names]) for name in BUCKETS}
    filled = [name for name in BUCKETS if inside[name].any()]
    found = _changes([("mean", 1, others[inside[name]], later[inside[name]]) for name in filled], seed=after.seed)
    by_name = dict(zip(filled, found, strict=True))
    return [BucketChange(name, int(inside[name].sum()), by_name.get(name)) for name in BUCKETS]


def gap(seen: Measured, test: Measured) -> Gap:
    """How much better a model is on problems that it learnt from."""
    first, second = shares(seen.graded.problems), shares(test.graded.problems)
    value = float(first.mean() - second.mean())
    error = math.sqrt(sum(float(x.var(ddof=1)) / len(x) if len(x) > 1 else 0.25 for x in (first, second)))
    return Gap(value, value - _Z * error, value + _Z * error)


def _changes(pairs: Sequence[tuple[str, int, FloatArray, FloatArray]], *, seed: int) -> list[Change]:
    """Changes of (name, n, values before, values after)."""
    found = [compare(after, before, seed=seed) for _, _, before, after in pairs]
    adjusted = holm([c.p_value for c in found])
    return [
        Change(
            name,
            n,
            float(before.mean()),
            float(after.mean()),
            c.difference,
            c.low,
            c.high,
            p,
            verdict(c, p),
        )
        for (name, n, before, after), c, p in zip(pairs, found, adjusted, strict=True)
    ]
