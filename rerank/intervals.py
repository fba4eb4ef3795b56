"""Confidence intervals of means over problems.

A problem is the unit: an interval says what other problems of the kind would give, sampled and scored alike.

Shapes: P problems, C columns (metrics), B resamples.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError

FloatArray = npt.NDArray[np.float64]

MIN_SUCCESSES = 5.0  # and failures: the usual condition for trusting the spread of a sample
BATCH_CELLS = 4_000_000  # resamples x problems in memory at once


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of a mean over problems."""

    low: float
    high: float
    method: Literal["wilson", "bootstrap"]


def interval(values: npt.ArrayLike, *, confidence: float = 0.95, num_resamples: int = 2000, seed: int = 0) -> Interval:
    """The interval of the mean of one value per problem, (num_problems,); see `intervals`."""
    values_P = np.asarray(values).ravel()
    return intervals(values_P, confidence=confidence, num_resamples=num_resamples, seed=seed)[0]


def intervals(
    values: npt.ArrayLike, *, confidence: float = 0.95, num_resamples: int = 2000, seed: int = 0
) -> list[Interval]:
    """The interval of the mean of each column.

    Wilson's where every value is 0 or 1, the problem-level bootstrap elsewhere, with two exceptions that get
    Wilson's too: values that are all equal, of which every resample is the same, and values that sum to fewer
    than five successes or failures, of which resamples see too few. For values between 0 and 1 Wilson's is on
    the safe side, since they spread less than zeros and ones of the same mean.

    Args:
        values: (num_problems, num_columns) or (num_problems,), in [0, 1].

    Raises:
        InputError: no problem, or a value outside [0, 1] (NaN included).
    """
    values_PC = columns(values)
    if not ((values_PC >= 0) & (values_PC <= 1)).all():
        raise InputError("expected values in [0, 1], one per problem")
    ends_C = zip(
        *bootstrap_interval(values_PC, confidence=confidence, num_resamples=num_resamples, seed=seed),
        strict=True,
    )
    return [
        Interval(float(low), float(high), "bootstrap")
        if _can_bootstrap(values_P)
        else Interval(*wilson_interval(float(values_P.sum()), len(values_P), confidence=confidence), "wilson")
        for values_P, (low, high) in zip(values_PC.T, ends_C, strict=True)
    ]


def bootstrap_interval(
    values: npt.ArrayLike, *, confidence: float = 0.95, num_resamples: int = 2000, seed: int = 0
) -> tuple[FloatArray, FloatArray]:
    """Percentile interval of the mean over resampled problems.

    All columns see the same resamples.

    Args:
        values: (num_problems,) or (num_problems, num_columns), any range.
        num_resamples: B.

    Returns:
        Low and high: () or (num_columns,).

    Source: Efron 1979; the percentile method.
    """
    values_PC = columns(values)
    means_BC = _resampled_means(values_PC, num_resamples, seed)
    tail = (1 - _checked(confidence)) / 2
    low_C, high_C = np.quantile(means_BC, [tail, 1 - tail], axis=0)
    # The sums round, and must not leave the range of the values.
    lowest_C, highest_C = values_PC.min(axis=0), values_PC.max(axis=0)
    low_C, high_C = low_C.clip(lowest_C, highest_C), high_C.clip(lowest_C, highest_C)
    return (low_C[0], high_C[0]) if np.ndim(values) == 1 else (low_C, high_C)


def wilson_interval(num_correct: float, num_total: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion: never empty, also at 0 of n and n of n.

    Args:
        num_correct: 0 to num_total; a fraction where the outcomes are probabilities.

    Source: Wilson 1927.
    """
    if num_total < 1 or not 0 <= num_correct <= num_total:
        raise InputError(f"expected 0 <= num_correct <= num_total >= 1; got {num_correct} of {num_total}")
    z = NormalDist().inv_cdf((1 + _checked(confidence)) / 2)
    share = num_correct / num_total
    centre = share + z**2 / (2 * num_total)
    reach = z * (share * (1 - share) / num_total + z**2 / (4 * num_total**2)) ** 0.5
    scale = 1 + z**2 / num_total
    # At the ends the bound is 0 or 1; rounding must not leave it short of them.
    low = 0.0 if num_correct == 0 else max(0.0, (centre - reach) / scale)
    high = 1.0 if num_correct == num_total else min(1.0, (centre + reach) / scale)
    return low, high


def _can_bootstrap(values_P: FloatArray) -> bool:
    is_binary = bool(np.isin(values_P, (0.0, 1.0)).all())
    few = min(values_P.sum(), (1 - values_P).sum()) < MIN_SUCCESSES
    return not (is_binary or few or values_P.min() == values_P.max())


def _resampled_means(values_PC: FloatArray, num_resamples: int, seed: int) -> FloatArray:
    """(B, C): how often each problem is drawn, times the values."""
    num_problems = len(values_PC)
    stream = np.random.default_rng(seed)
    step = max(1, BATCH_CELLS // num_problems)
    means = []
    for start in range(0, num_resamples, step):
        rows = min(step, num_resamples - start)
        drawn_BP = stream.integers(num_problems, size=(rows, num_problems))
        cells_BP = drawn_BP + np.arange(rows)[:, None] * num_problems
        times_BP = np.bincount(cells_BP.ravel(), minlength=rows * num_problems).reshape(rows, num_problems)
        means.append(times_BP @ values_PC / num_problems)
    return np.concatenate(means)


def columns(values: npt.ArrayLike) -> FloatArray:
    """Values of problems as a table, checked: (P,) or (P, C) to (P, C)."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in (1, 2) or len(array) == 0:
        raise InputError(f"expected one value per problem, of at least one problem; got shape {array.shape}")
    if np.isnan(array).any():
        raise InputError("expected a number per problem; got NaN")
    return array[:, None] if array.ndim == 1 else array


def _checked(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError(f"`confidence` must be between 0 and 1; got {confidence}")
    return confidence


def exact_lower(totals_C: FloatArray, num_problems: int, *, alpha: float) -> FloatArray:
    """Lower bounds of shares with confidence 1 - alpha; (C,).

    Args:
        totals_C: successes, 0 to num_problems; fractions where outcomes are probabilities.

    Source: Clopper and Pearson 1934.
    """
    from scipy.special import betaincinv

    totals_C = totals_C.clip(0.0, num_problems)
    lower_C: FloatArray = np.zeros_like(totals_C)
    some_C = totals_C > 0
    lower_C[some_C] = betaincinv(totals_C[some_C], num_problems - totals_C[some_C] + 1, alpha)
    return lower_C
