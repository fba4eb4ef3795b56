"""A run to be compared: graded problems, or what a report wrote about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from reasoning.types import Problem
from rerank.caveats import caveats
from rerank.estimators import estimate, with_greedy
from rerank.grading import Graded, GradedProblem

GRADE_SETTINGS = ("policy", "extraction")  # in a report's settings, where two runs must not differ

MetricKey = tuple[str, int, int | None]  # name, n, K or TopN


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """One metric of a run.

    Attributes:
        values: (num_problems,).
        estimator: as in `Estimate`; None where it is not known.
        standard_error: of their mean, from drawing subsets; None where it is not known, as for some of the
            problems of a report.
    """

    values: npt.NDArray[np.float64]
    estimator: str | None = None
    standard_error: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one system on some problems.

    Attributes:
        name: as the user named it.
        problems: by id.
        graded: the graded problems by id; None for a run read from a report.
        reported: id -> metric -> value; None for graded samples.
        settings: what its grading depends on: the equivalence policy, and under "extraction" how answers
            were found; a setting that a report does not name is not in it.
        warnings: what a reader must know of its samples.
        files: as in a report's source; empty where they are not known.
        greedy: per problem, as in `Graded`; empty for a run read from a report.
        estimators: of a run read from a report, the estimator and standard error of each metric.
    """

    name: str
    problems: dict[str, Problem]
    graded: dict[str, GradedProblem] | None
    reported: dict[str, dict[MetricKey, float]] | None
    settings: dict[str, Any]
    warnings: tuple[str, ...] = ()
    files: tuple[dict[str, Any], ...] = ()
    greedy: dict[str, bool | None] = field(default_factory=dict)
    estimators: dict[MetricKey, tuple[str, float]] = field(default_factory=dict)

    def sample_sizes(self, ids: Sequence[str]) -> set[int]:
        """The numbers of samples at which all these problems have values."""
        if self.graded is not None:
            return set(range(1, min(len(self.graded[i].candidates) for i in ids) + 1))
        assert self.reported is not None
        reported = self.reported
        return set.intersection(*({n for _, n, _ in reported[i]} for i in ids))

    def values(
        self, ids: Sequence[str], n: int, *, ks: Sequence[int], top_ns: Sequence[int], seed: int
    ) -> dict[MetricKey, Values]:
        """Every metric at n samples, in the order of ids; `first` and Pass@1 too."""
        if self.graded is not None:
            sizes = sorted({1, n})
            found = estimate([self.graded[i] for i in ids], sample_sizes=sizes, ks=ks, top_ns=top_ns, seed=seed)
            return {
                (e.name, e.n, e.k): Values(e.values, e.estimator, e.standard_error)
                for e in with_greedy(found, [self.greedy.get(i) for i in ids])
                if _is_wanted((e.name, e.n, e.k), n, ks, top_ns)
            }
        assert self.reported is not None
        reported = self.reported
        wanted = [key for key in reported[ids[0]] if _is_wanted(key, n, ks, top_ns)]
        return {
            key: Values(np.array([reported[i][key] for i in ids]), *self._estimator(key, num_problems=len(ids)))
            for key in wanted
            if all(key in reported[i] for i in ids)
        }

    def _estimator(self, key: MetricKey, *, num_problems: int) -> tuple[str | None, float | None]:
        name, error = self.estimators.get(key, (None, None))
        return name, error if num_problems == len(self.problems) else None


def graded_run(
    name: str,
    graded: Graded,
    *,
    settings: dict[str, Any],
    warnings: Sequence[str] = (),
    files: Sequence[dict[str, Any]] = (),
) -> Run:
    """A run from samples just graded; what is to be said of the samples is added to the warnings."""
    by_id = {p.problem.id: p for p in graded.problems}
    smallest = min(len(p.candidates) for p in graded.problems)
    return Run(
        name,
        {i: p.problem for i, p in by_id.items()},
        by_id,
        None,
        settings,
        warnings=(*warnings, *caveats(graded, smallest)),
        files=tuple(files),
        greedy=dict(zip(by_id, graded.greedy, strict=True)),
    )


def _is_wanted(key: MetricKey, n: int, ks: Sequence[int], top_ns: Sequence[int]) -> bool:
    """At n, the parameters asked for; with one sample there is only Pass@1, the mean and the first."""
    name, size, k = key
    if size != n or n == 1:
        return size == 1 and name in ("first", "mean", "pass")
    return k is None or k in (top_ns if name == "maj1.topn" else ks)
