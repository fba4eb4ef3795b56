"""The metrics of problems where a formula gives them, at several numbers of samples.

Shapes: S numbers of samples, P problems, M metrics.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reasoning.metrics import pass_at_k
from rerank.ballots import Ballot
from rerank.exact import MAX_EXACT_SAMPLES, maj1_curve, rr_all_curve
from rerank.outcomes import Measure

FloatArray = npt.NDArray[np.float64]


def exact_values(ballots: Sequence[Ballot], sizes: Sequence[int], metrics: Sequence[Measure]) -> FloatArray:
    """The expectation over subsets where a formula gives it, NaN elsewhere; (S, P, M)."""
    values_SPM = np.zeros((len(sizes), len(ballots), len(metrics)))
    for p, ballot in enumerate(ballots):
        if ballot.correct is None:
            continue
        curves = _curves(ballot, sizes)
        for m, metric in enumerate(metrics):
            values_SPM[:, p, m] = _exact(ballot, metric, np.asarray(sizes), curves)
    return values_SPM


def _curves(ballot: Ballot, sizes: Sequence[int]) -> dict[str, FloatArray]:
    """What several metrics share, at each number of samples; each (S,)."""
    num_samples = ballot.num_samples
    curves = {
        "pass": np.array([pass_at_k(num_samples, ballot.num_correct, n) for n in sizes]),
        "maj1": np.full(len(sizes), np.nan),
    }
    if num_samples <= MAX_EXACT_SAMPLES:
        num_unextracted = num_samples - int(ballot.sizes.sum())
        curve = maj1_curve(ballot.sizes.tolist(), ballot.correct, num_unextracted=num_unextracted)
        curves["maj1"] = curve[np.asarray(sizes) - 1]
    if ballot.num_scored_correct:
        scores = [None if np.isnan(score) else score for score in ballot.scores.tolist()]
        curves["rr.all"] = rr_all_curve(scores, ballot.is_correct.tolist(), sizes)
    return curves


def _exact(
    ballot: Ballot, metric: Measure, sizes_S: npt.NDArray[np.int64], curves: dict[str, FloatArray]
) -> FloatArray | float:
    takes_all_S = (metric.k or 1) >= np.minimum(sizes_S, ballot.num_clusters)
    if metric.name in ("pass", "maj1"):
        return curves[metric.name]
    if metric.name == "majk":
        return np.where(takes_all_S, curves["pass"], curves["maj1"] if metric.k == 1 else np.nan)
    if ballot.num_scored_correct == 0:
        return 0.0
    if metric.name == "rr.all" or ballot.num_clusters == 1:
        return curves["rr.all"]
    is_all_S = takes_all_S & (metric.name == "rr.majk") | (sizes_S == 1)
    return np.where(is_all_S, curves["rr.all"], np.nan)
