"""Knowing when not to answer: error rate against the share of problems answered."""

from collections.abc import Sequence

import numpy as np

from rerank.clusters import Cluster, Selection, build_clusters
from rerank.grading import GradedProblem
from rerank.strategies import STRATEGIES


def risk_coverage(confidences: Sequence[float], errors: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The error rate among answered problems, when only the most confident share is answered.

    Args:
        confidences: per problem, greater is more confident.
        errors: per problem, 1.0 wrong and 0.0 right.

    Returns:
        (coverage, risk), one point for each distinct confidence, coverage rising to 1. Problems of equal
        confidence enter together: no order among them is better than another.
    """
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind="stable")
    sorted_confidences = np.asarray(confidences, dtype=np.float64)[order]
    total_errors = np.cumsum(np.asarray(errors, dtype=np.float64)[order])
    is_last_of_tie = np.append(sorted_confidences[1:] != sorted_confidences[:-1], True)
    ends = np.flatnonzero(is_last_of_tie)
    coverage = (ends + 1) / len(order)
    return tuple(zip(coverage.tolist(), (total_errors[ends] / (ends + 1)).tolist(), strict=True))


def risk_curves(problems: Sequence[GradedProblem]) -> dict[str, tuple[tuple[float, float], ...]]:
    """Risk against coverage of maj1 by its share of votes, w.rr by its share of scores, rr.all by its score.

    A problem in which nothing can be selected has confidence 0 and is wrong.
    """
    clusters = [build_clusters(p.candidates, p.labels) for p in problems]
    has_scores = any(c.scores for of_problem in clusters for c in of_problem)
    curves = {}
    for name in ("maj1", "w.rr", "rr.all"):
        if has_scores or not STRATEGIES[name].needs_scores:
            chosen = [STRATEGIES[name].function(of_problem, 0) for of_problem in clusters]
            confidences = [_confidence(name, s, c) for s, c in zip(chosen, clusters, strict=True)]
            errors = [float(not _is_right(p, s)) for p, s in zip(problems, chosen, strict=True)]
            curves[name] = risk_coverage(confidences, errors)
    return curves


def _confidence(name: str, selection: Selection | None, clusters: Sequence[Cluster]) -> float:
    if selection is None:
        return 0.0
    if name == "rr.all":
        return selection.candidate.score or 0.0
    if name == "w.rr":
        total = sum(c.score_sum for c in clusters)
        return round(selection.cluster.score_sum / total, 9) if total else 0.0
    return len(selection.cluster) / sum(len(c) for c in clusters)


def _is_right(problem: GradedProblem, selection: Selection | None) -> bool:
    if selection is None:
        return False
    samples = [c.sample for c in problem.candidates]
    return problem.labels[samples.index(selection.candidate.sample)] == problem.correct
