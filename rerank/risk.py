"""Knowing when not to answer: error rate against the share of problems answered."""

from collections.abc import Sequence

import numpy as np

from rerank.clusters import Cluster, Selection, build_clusters
from rerank.grading import GradedProblem, has_scores
from rerank.strategies import STRATEGIES, choose


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
    """Risk against coverage of maj1 by its share of samples, w.rr by its share of scores, rr.all by its score.

    The share of samples counts those without an answer: one answer out of 64 samples is no confident vote.
    A problem in which nothing can be selected has confidence 0 and is wrong.
    """
    clusters = [build_clusters(p.candidates, p.labels) for p in problems]
    are_scored = has_scores(problems)
    curves = {}
    for name in ("maj1", "w.rr", "rr.all"):
        if are_scored or not STRATEGIES[name].needs_scores:
            chosen = [
                choose(name, c, first_sample=p.candidates[0].sample) for p, c in zip(problems, clusters, strict=True)
            ]
            confidences = [
                _confidence(name, s, c, num_samples=len(p.candidates))
                for p, s, c in zip(problems, chosen, clusters, strict=True)
            ]
            errors = [float(not _is_right(p, s)) for p, s in zip(problems, chosen, strict=True)]
            curves[name] = risk_coverage(confidences, errors)
    return curves


def _confidence(name: str, selection: Selection | None, clusters: Sequence[Cluster], *, num_samples: int) -> float:
    if selection is None:
        return 0.0
    if name == "rr.all":
        return selection.candidate.score or 0.0
    if name == "w.rr":
        total = sum(c.score_sum for c in clusters)
        return round(selection.cluster.score_sum / total, 9) if total else 0.0
    return len(selection.cluster) / num_samples


def _is_right(problem: GradedProblem, selection: Selection | None) -> bool:
    if selection is None:
        return False
    samples = [c.sample for c in problem.candidates]
    return problem.labels[samples.index(selection.candidate.sample)] == problem.correct
