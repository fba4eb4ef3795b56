"""A run to be compared: graded problems, or the per_problem.jsonl that a report wrote about them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reasoning.errors import InputError, RowError
from reasoning.types import Problem
from rerank.estimators import Estimate, estimate
from rerank.grading import GradedProblem

PER_PROBLEM_FIELDS = frozenset({"id", "values", "clusters", "selections"})

MetricKey = tuple[str, int, int | None]  # name, n, K or TopN


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one system on some problems.

    Attributes:
        name: as the user named it.
        problems: by id.
        graded: the graded problems by id; None for a run read from a report.
        reported: id -> metric -> value; None for graded samples.
        policy: the equivalence policy it was graded with; None where the report's is not known.
    """

    name: str
    problems: dict[str, Problem]
    graded: dict[str, GradedProblem] | None
    reported: dict[str, dict[MetricKey, float]] | None
    policy: dict[str, Any] | None

    def sample_sizes(self, ids: Sequence[str]) -> set[int]:
        """The numbers of samples at which all these problems have values."""
        if self.graded is not None:
            return set(range(1, min(len(self.graded[i].candidates) for i in ids) + 1))
        assert self.reported is not None
        reported = self.reported
        return set.intersection(*({n for _, n, _ in reported[i]} for i in ids))

    def values(
        self, ids: Sequence[str], n: int, *, ks: Sequence[int], top_ns: Sequence[int], seed: int
    ) -> dict[MetricKey, np.ndarray[Any, np.dtype[np.float64]]]:
        """Every metric at n samples as one value per problem, in the order of ids; `first` and Pass@1 too."""
        if self.graded is not None:
            found = _estimates([self.graded[i] for i in ids], n, ks=ks, top_ns=top_ns, seed=seed)
            return {(e.name, e.n, e.k): e.values for e in found if _is_wanted((e.name, e.n, e.k), n, ks, top_ns)}
        assert self.reported is not None
        reported = self.reported
        wanted = [key for key in reported[ids[0]] if _is_wanted(key, n, ks, top_ns)]
        return {
            key: np.array([reported[i][key] for i in ids]) for key in wanted if all(key in reported[i] for i in ids)
        }


def graded_run(name: str, problems: Sequence[GradedProblem], *, policy: dict[str, Any]) -> Run:
    """A run from samples just graded."""
    by_id = {p.problem.id: p for p in problems}
    return Run(name, {i: p.problem for i, p in by_id.items()}, by_id, None, policy)


def report_file(path: Path) -> Path | None:
    """The per_problem.jsonl that a path means: a report's folder, or such a file; None if it is neither."""
    if path.is_dir():
        inside = path / "per_problem.jsonl"
        return inside if inside.is_file() else None
    if not path.is_file() or path.suffix != ".jsonl":
        return None
    with path.open("rb") as file:
        first = file.readline()
    try:
        record = json.loads(first)
    except ValueError:
        return None
    return path if isinstance(record, dict) and record.keys() >= PER_PROBLEM_FIELDS else None


def reported_run(name: str, path: Path) -> Run:
    """A run from a report's per_problem.jsonl; the policy comes from the report.json beside it.

    Raises:
        RowError: a line is not what a report writes.
        InputError: the file is empty, or its report.json cannot be read.
    """
    problems: dict[str, Problem] = {}
    values: dict[str, dict[MetricKey, float]] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
                problem = Problem(record["id"], record["problem"], record["expected_answer"])
                found = {(v["name"], v["n"], v["k"]): float(v["value"]) for v in record["values"]}
            except (ValueError, KeyError, TypeError) as error:
                raise RowError(
                    path,
                    number,
                    f"expected a line of per_problem.jsonl, found {error!r}; write the report again",
                ) from error
            problems[problem.id], values[problem.id] = problem, found
    if not problems:
        raise InputError(f"{path}: expected at least one problem, found an empty file; write the report again")
    return Run(name, problems, None, values, _policy(path.with_name("report.json")))


def _policy(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        policy = json.loads(path.read_text(encoding="utf-8"))["settings"]["policy"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: expected a report's policy, found {error!r}; write the report again") from error
    return dict(policy)


def _estimates(
    problems: Sequence[GradedProblem], n: int, *, ks: Sequence[int], top_ns: Sequence[int], seed: int
) -> list[Estimate]:
    return estimate(problems, sample_sizes=sorted({1, n}), ks=ks, top_ns=top_ns, seed=seed)


def _is_wanted(key: MetricKey, n: int, ks: Sequence[int], top_ns: Sequence[int]) -> bool:
    """At n, the parameters asked for; with one sample there is only Pass@1 and the first."""
    name, size, k = key
    if size != n or n == 1:
        return size == 1 and name in ("first", "pass")
    return k is None or k in (top_ns if name == "maj1.topn" else ks)
