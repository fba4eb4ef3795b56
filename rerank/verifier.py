"""How good the scores of graded problems are."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from reasoning.auroc import BoolArray, FloatArray
from reasoning.score_quality import ScoreQuality, quality_of
from rerank.clusters import is_scored
from rerank.grading import GradedProblem


def verifier_quality(problems: Sequence[GradedProblem], *, seed: int = 0) -> ScoreQuality | None:
    """Judge the scores against our grading; None if no sample has a score.

    A sample without an answer counts as incorrect; a sample without a score is left out.

    Args:
        problems: graded.
        seed: of the resamples of problems behind the intervals.
    """
    return quality_of([scored_candidates(problem) for problem in problems], seed=seed)


def scored_candidates(problem: GradedProblem) -> tuple[FloatArray, BoolArray]:
    """The scores of a problem's candidates that have one, and whether each is correct."""
    pairs = [
        (candidate.score, label is not None and label == problem.correct)
        for candidate, label in zip(problem.candidates, problem.labels, strict=True)
        if is_scored(candidate)
    ]
    scores = np.array([score for score, _ in pairs], dtype=np.float64)
    return scores, np.array([correct for _, correct in pairs], dtype=np.bool_)


def rescored(problem: GradedProblem, to_probability: Callable[[float], float]) -> GradedProblem:
    """The problem with its raw scores made probabilities."""
    return replace(
        problem,
        candidates=tuple(
            replace(candidate, score=None if candidate.score is None else to_probability(candidate.score))
            for candidate in problem.candidates
        ),
    )


def pooled_candidates(problems: Sequence[GradedProblem]) -> tuple[FloatArray, BoolArray]:
    """`scored_candidates` of all problems, one behind the other."""
    pairs = [scored_candidates(problem) for problem in problems]
    scores = np.concatenate([np.empty(0), *(scores for scores, _ in pairs)])
    return scores, np.concatenate([np.empty(0, dtype=np.bool_), *(correct for _, correct in pairs)])
