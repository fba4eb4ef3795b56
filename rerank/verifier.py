"""How good the scores are: ranking (AUROC) and calibration (Brier, ECE).

Shapes: M is the number of scored samples, over all problems unless a name says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rerank.grading import GradedProblem

NUM_BINS = 10  # of the reliability diagram and the ECE; equal width

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bin:
    """Samples whose score lies in [low, high); the last bin holds 1.0 too."""

    low: float
    high: float
    count: int
    mean_score: float
    share_correct: float


@dataclass(frozen=True, slots=True)
class VerifierQuality:
    """What the scores are worth, before any strategy uses them.

    Attributes:
        num_scored: samples with a score.
        share_correct: of those.
        auroc: the chance that a correct sample outscores an incorrect one, any two samples; None if all
            samples are correct or none is.
        auroc_within: the same for two samples of one problem, as a mean over problems with both kinds; None
            without such a problem. A verifier that only knows which problems are hard has the first and
            not the second, and it cannot rerank.
        num_within: the number of those problems.
        brier: mean squared difference of score and correctness, in [0, 1]; 0 is perfect.
        ece: expected calibration error over `NUM_BINS` bins of equal width, in [0, 1]; 0 is perfect.
        bins: the reliability diagram; empty bins are left out.
        roc: (false positive rate, true positive rate), from (0, 0) to (1, 1); empty where auroc is None.
    """

    num_scored: int
    share_correct: float
    auroc: float | None
    auroc_within: float | None
    num_within: int
    brier: float
    ece: float
    bins: tuple[Bin, ...]
    roc: tuple[tuple[float, float], ...]


def verifier_quality(problems: Sequence[GradedProblem]) -> VerifierQuality | None:
    """Judge the scores against our grading; None if no sample has a score.

    A sample without an answer counts as incorrect; a sample without a score is left out.
    """
    per_problem = [_scored(p) for p in problems]
    scores_M = np.concatenate([scores for scores, _ in per_problem])
    correct_M = np.concatenate([correct for _, correct in per_problem])
    if not len(scores_M):
        return None
    within = [auc for scores, correct in per_problem if (auc := _auroc_small(scores, correct)) is not None]
    auroc, roc = _roc(scores_M, correct_M)
    bins = _bins(scores_M, correct_M)
    return VerifierQuality(
        num_scored=len(scores_M),
        share_correct=float(correct_M.mean()),
        auroc=auroc,
        auroc_within=float(np.mean(within)) if within else None,
        num_within=len(within),
        brier=float(np.mean((scores_M - correct_M) ** 2)),
        ece=sum(b.count * abs(b.mean_score - b.share_correct) for b in bins) / len(scores_M),
        bins=bins,
        roc=roc,
    )


def _scored(problem: GradedProblem) -> tuple[FloatArray, BoolArray]:
    pairs = [
        (candidate.score, label is not None and label == problem.correct)
        for candidate, label in zip(problem.candidates, problem.labels, strict=True)
        if candidate.score is not None
    ]
    scores = np.array([score for score, _ in pairs], dtype=np.float64)
    return scores, np.array([correct for _, correct in pairs], dtype=np.bool_)


def _auroc_small(scores: FloatArray, correct: BoolArray) -> float | None:
    """AUROC by comparing all pairs, a tie half: what roc_auc_score gives, without its start-up per call."""
    right, wrong = scores[correct], scores[~correct]
    if not len(right) or not len(wrong):
        return None
    difference = right[:, None] - wrong[None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def _roc(scores_M: FloatArray, correct_M: BoolArray) -> tuple[float | None, tuple[tuple[float, float], ...]]:
    if correct_M.all() or not correct_M.any():
        return None, ()
    from sklearn.metrics import roc_auc_score, roc_curve  # slow to import

    false_rate, true_rate, _ = roc_curve(correct_M, scores_M)
    return float(roc_auc_score(correct_M, scores_M)), _thin(false_rate, true_rate)


def _thin(false_rate: FloatArray, true_rate: FloatArray, *, num_points: int = 400) -> tuple[tuple[float, float], ...]:
    """At most `num_points` of the curve's corners, the first and the last among them; enough to draw it."""
    keep = np.unique(np.linspace(0, len(false_rate) - 1, num_points).round().astype(int))
    return tuple(zip(false_rate[keep].tolist(), true_rate[keep].tolist(), strict=True))


def _bins(scores_M: FloatArray, correct_M: BoolArray) -> tuple[Bin, ...]:
    index_M = np.minimum((scores_M * NUM_BINS).astype(int), NUM_BINS - 1)
    bins = []
    for i in range(NUM_BINS):
        chosen = index_M == i
        if chosen.any():
            bins.append(
                Bin(
                    low=i / NUM_BINS,
                    high=(i + 1) / NUM_BINS,
                    count=int(chosen.sum()),
                    mean_score=float(scores_M[chosen].mean()),
                    share_correct=float(correct_M[chosen].mean()),
                )
            )
    return tuple(bins)
