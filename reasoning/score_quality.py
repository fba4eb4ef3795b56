"""How good the scores are: ranking (AUROC) and calibration (Brier, ECE).

Shapes: M is the number of scored samples, over all problems unless a name says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reasoning.auroc import BoolArray, FloatArray, ProblemScores, auroc_of, quality_intervals

NUM_BINS = 10  # of the reliability diagram and the ECE; equal width


@dataclass(frozen=True, slots=True)
class Bin:
    """Samples whose score lies in [low, high); the last bin holds 1.0 too."""

    low: float
    high: float
    count: int
    mean_score: float
    share_correct: float


@dataclass(frozen=True, slots=True)
class ScoreQuality:
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


def quality_of(per_problem: ProblemScores, *, seed: int = 0) -> ScoreQuality | None:
    """Judge scores against gradings; None if there is no score.

    Args:
        per_problem: scores of a problem's samples, and whether each is correct.
        seed: of the resamples of problems behind the intervals.
    """
    scores_M = np.concatenate([np.empty(0), *(scores for scores, _ in per_problem)])
    correct_M = np.concatenate([np.empty(0, dtype=np.bool_), *(correct for _, correct in per_problem)])
    if not len(scores_M):
        return None
    within = [auc for scores, correct in per_problem if (auc := auroc_of(scores, correct)) is not None]
    auroc, roc = _roc(scores_M, correct_M)
    bins = _bins(scores_M, correct_M)
    return ScoreQuality(
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


def thinned(points: Sequence[tuple[float, float]], *, num_points: int) -> tuple[tuple[float, float], ...]:
    """At most so many points of a curve, the first and the last among them: enough to draw it."""
    keep = np.unique(np.linspace(0, len(points) - 1, num_points).round().astype(int))
    return tuple(points[i] for i in keep)


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
