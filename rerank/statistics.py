"""Paired comparisons on the same problems, and what many of them together allow to say.

Shapes: P problems, D problems that differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError
from rerank.intervals import BATCH_CELLS, bootstrap_interval, columns, wilson_interval

FloatArray = npt.NDArray[np.float64]
Test = Literal["mcnemar-exact", "sign-flip-exact", "sign-flip-monte-carlo"]

MAX_EXACT_DIFFERENCES = 15  # 2^15 ways to flip the signs
NUM_FLIPS = 9_999
ROUNDING = 1e-12  # values of the same formula, computed in two ways, differ by less


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two strategies or runs on the same problems.

    Attributes:
        difference: mean(a) - mean(b).
        low, high: its interval.
        p_value: two-sided, of no difference.
        test: how the p-value came about.
    """

    difference: float
    low: float
    high: float
    p_value: float
    test: Test


def compare(
    a_values: npt.ArrayLike,
    b_values: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    num_resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare a with b, problem by problem.

    McNemar's exact test where all values are 0 or 1, else the paired permutation test, which flips the signs
    of the differences: in all ways up to fifteen differences, else in 9,999 drawn ways and the one seen.

    Args:
        a_values, b_values: (num_problems,), the same problems in the same order.

    Returns:
        The comparison. Its interval is the paired bootstrap's; where all differences are equal, which no
        resample can vary, it is Wilson's for the share of problems that differ.

    Raises:
        InputError: not the same number of problems, none, or a value that is not a number.
    """
    a_P, b_P = (np.asarray(values, dtype=np.float64) for values in (a_values, b_values))
    if a_P.shape != b_P.shape or a_P.ndim != 1:
        raise InputError(
            f"a paired comparison needs one value of the same problems on both sides; "
            f"got shapes {a_P.shape} and {b_P.shape}"
        )
    differences_P = columns(a_P - b_P)[:, 0]
    differences_P[abs(differences_P) < ROUNDING] = 0.0
    is_binary = bool(np.isin(a_P, (0.0, 1.0)).all() and np.isin(b_P, (0.0, 1.0)).all())
    p_value, test = _mcnemar(differences_P) if is_binary else _sign_flip(differences_P, seed)
    low, high = _difference_interval(differences_P, confidence, num_resamples, seed)
    return Comparison(float(differences_P.mean()), low, high, p_value, test)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p-values of one family, so that the chance of any false "better" stays below alpha.

    Returns:
        In the order given, each at least the original and at most 1.

    Source: Holm 1979.
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def verdict(comparison: Comparison, p_adjusted: float, *, alpha: float = 0.05) -> Literal["better", "worse", "tied"]:
    """What may be said of a against b: without a significant difference they are tied."""
    if p_adjusted >= alpha or comparison.difference == 0:
        return "tied"
    return "better" if comparison.difference > 0 else "worse"


def _mcnemar(differences_P: FloatArray) -> tuple[float, Test]:
    """Two-sided exact test of the problems that only one side solves against a fair coin."""
    from scipy.special import bdtr  # scipy.stats takes a second to import

    num_a, num_b = int((differences_P > 0).sum()), int((differences_P < 0).sum())
    return min(1.0, 2.0 * float(bdtr(min(num_a, num_b), num_a + num_b, 0.5))), "mcnemar-exact"


def _sign_flip(differences_P: FloatArray, seed: int) -> tuple[float, Test]:
    differs_D = differences_P[differences_P != 0]
    seen = abs(float(differs_D.sum())) - ROUNDING * len(differs_D)
    if len(differs_D) <= MAX_EXACT_DIFFERENCES:
        flips = (np.arange(2 ** len(differs_D))[:, None] >> np.arange(len(differs_D))) & 1
        return float((abs((1 - 2 * flips) @ differs_D) >= seen).mean()), "sign-flip-exact"
    stream = np.random.default_rng(seed)
    step = max(1, BATCH_CELLS // len(differs_D))
    num_as_large = 0
    for start in range(0, NUM_FLIPS, step):
        flips = stream.integers(2, size=(min(step, NUM_FLIPS - start), len(differs_D)), dtype=np.int8)
        num_as_large += int((abs((1.0 - 2.0 * flips) @ differs_D) >= seen).sum())
    return (num_as_large + 1) / (NUM_FLIPS + 1), "sign-flip-monte-carlo"


def _difference_interval(
    differences_P: FloatArray, confidence: float, num_resamples: int, seed: int
) -> tuple[float, float]:
    if differences_P.min() < differences_P.max():
        ends = bootstrap_interval(differences_P, confidence=confidence, num_resamples=num_resamples, seed=seed)
        return float(ends[0]), float(ends[1])
    num_problems, size = len(differences_P), min(1.0, abs(float(differences_P[0])))
    low, high = wilson_interval(size * num_problems, num_problems, confidence=confidence)
    if size == 0:
        return -high, high
    return (low, high) if differences_P[0] > 0 else (-high, -low)
