"""How good the scores are: ranking (AUROC) and calibration (Brier, ECE).

Shapes: M is the number of scored samples, over all problems unless a name says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rerank.auroc import auroc_of, quality_intervals
from rerank.clusters import is_scored
from rerank.grading import GradedProblem
from rerank.risk import thinned

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
        ece: expected calibration error over `num_bins` bins of equal width, in [0, 1]; 0 is perfect.
        num_bins: into which [0, 1] is divided.
        intervals: "auroc", "auroc_within" and "brier" to [low, high], 95%, of resampled problems; without what
            is None. The ECE has none: resampling adds noise in every bin, and so moves all resamples up.
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
    num_bins: int
    intervals: dict[str, tuple[float, float]]
    bins: tuple[Bin, ...]
    roc: tuple[tuple[float, float], ...]


def verifier_quality(problems: Sequence[GradedProblem], *, seed: int = 0) -> VerifierQuality | None:
    """Judge the scores against our grading; None if no sample has a score.

    A sample without an answer counts as incorrect; a sample without a score is left out.

    Args:
        problems: graded.
        seed: of the resamples of problems behind the intervals.
    """
    per_problem = [_scored(p) for p in problems]
    scores_M = np.concatenate([scores for scores, _ in per_problem])
    correct_M = np.concatenate([correct for _, correct in per_problem])
    if not len(scores_M):
        return None
    within = [auc for scores, correct in per_problem if (auc := auroc_of(scores, correct)) is not None]
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
        num_bins=NUM_BINS,
        intervals=quality_intervals(per_problem, seed=seed),
        bins=bins,
        roc=roc,
    )


def _scored(problem: GradedProblem) -> tuple[FloatArray, BoolArray]:
    pairs = [
        (candidate.score, label is not None and label == problem.correct)
        for candidate, label in zip(problem.candidates, problem.labels, strict=True)
        if is_scored(candidate)
    ]
    scores = np.array([score for score, _ in pairs], dtype=np.float64)
    return scores, np.array([correct for _, correct in pairs], dtype=np.bool_)


def _roc(scores_M: FloatArray, correct_M: BoolArray) -> tuple[float | None, tuple[tuple[float, float], ...]]:
    if correct_M.all() or not correct_M.any():
        return None, ()
    from sklearn.metrics import roc_auc_score, roc_curve  # slow to import

    false_rate, true_rate, _ = roc_curve(correct_M, scores_M)
    corners = list(zip(false_rate.tolist(), true_rate.tolist(), strict=True))
    return float(roc_auc_score(correct_M, scores_M)), thinned(corners, num_points=400)


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
