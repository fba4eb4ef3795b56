"""AUROC by ranks, and how far it and the Brier score move with other problems.

Shapes: P problems, M scored samples of all of them, G distinct scores, B resamples.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
ProblemScores = Sequence[tuple[FloatArray, BoolArray]]  # per problem: scores, whether correct

NUM_RESAMPLES = 1000
BATCH_CELLS = 2_000_000  # resamples x samples in memory at once


def auroc_of(scores: FloatArray, correct: BoolArray) -> float | None:
    """The chance that a correct sample outscores an incorrect one, a tie counting half; None without both.

    From the ranks (Mann-Whitney U), in memory linear in the samples: what roc_auc_score gives, without its
    start-up per call.
    """
    num_right = int(correct.sum())
    num_wrong = len(correct) - num_right
    if not num_right or not num_wrong:
        return None
    _, groups, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[groups]
    return float((ranks[correct].sum() - num_right * (num_right + 1) / 2) / (num_right * num_wrong))


def quality_intervals(per_problem: ProblemScores, *, seed: int) -> dict[str, tuple[float, float]]:
    """Percentile intervals (95%) over resampled problems of "auroc", "auroc_within" and "brier".

    Samples of one problem stay together: they are alike, and as many single samples would look too certain.
    A resample in which a measure is undefined is left out of its interval.

    Returns:
        Without the measures that these samples do not define.
    """
    num_problems = len(per_problem)
    within_P = np.array([np.nan if (a := auroc_of(*scored)) is None else a for scored in per_problem])
    errors_P = np.array([((scores - correct) ** 2).sum() for scores, correct in per_problem])
    counts_P = np.array([len(scores) for scores, _ in per_problem], dtype=np.float64)
    is_mixed_P = ~np.isnan(within_P)
    drawn: dict[str, list[FloatArray]] = {"auroc": [], "auroc_within": [], "brier": []}
    samples = _Sorted(per_problem)
    stream = np.random.default_rng(seed)
    step = max(1, BATCH_CELLS // max(num_problems, len(samples.problems)))
    for start in range(0, NUM_RESAMPLES, step):
        rows = min(step, NUM_RESAMPLES - start)
        cells = stream.integers(num_problems, size=(rows, num_problems)) + np.arange(rows)[:, None] * num_problems
        times_BP = np.bincount(cells.ravel(), minlength=rows * num_problems).reshape(rows, num_problems)
        drawn["auroc"].append(samples.aurocs(times_BP))
        drawn["auroc_within"].append(_ratio(times_BP @ np.nan_to_num(within_P), times_BP @ is_mixed_P))
        drawn["brier"].append(_ratio(times_BP @ errors_P, times_BP @ counts_P))
    intervals = {}
    for name, parts in drawn.items():
        values_B = np.concatenate(parts)
        values_B = values_B[~np.isnan(values_B)]
        if len(values_B):
            low, high = np.quantile(values_B, [0.025, 0.975])
            intervals[name] = (float(low), float(high))
    return intervals


class _Sorted:
    """All samples by score, sorted once for all resamples."""

    def __init__(self, per_problem: ProblemScores) -> None:
        scores_M = np.concatenate([scores for scores, _ in per_problem])
        order = np.argsort(scores_M, kind="stable")
        self.problems = np.repeat(np.arange(len(per_problem)), [len(s) for s, _ in per_problem])[order]
        self._is_right_M = np.concatenate([correct for _, correct in per_problem])[order]
        self._starts_G = np.flatnonzero(np.diff(scores_M[order], prepend=-1.0))

    def aurocs(self, times_BP: NDArray[np.int64]) -> FloatArray:
        """AUROC where each problem counts so many times; NaN where a resample has no right or no wrong; (B,)."""
        if not len(self.problems):
            return np.full(len(times_BP), np.nan)
        times_BM = times_BP[:, self.problems]
        right_BG = np.add.reduceat(times_BM * self._is_right_M, self._starts_G, axis=1)
        wrong_BG = np.add.reduceat(times_BM * ~self._is_right_M, self._starts_G, axis=1)
        below_BG = np.cumsum(wrong_BG, axis=1) - wrong_BG / 2
        wins_B = (right_BG * below_BG).sum(axis=1)
        return _ratio(wins_B, right_BG.sum(axis=1) * wrong_BG.sum(axis=1))


def _ratio(above_B: FloatArray, below_B: NDArray[np.generic]) -> FloatArray:
    counts_B = np.asarray(below_B, dtype=np.float64)
    ratio_B: FloatArray = np.divide(above_B, counts_B, out=np.full(len(counts_B), np.nan), where=counts_B > 0)
    return ratio_B
