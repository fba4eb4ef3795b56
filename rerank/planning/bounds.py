"""Lower bounds of many accuracies that hold together.

The cheapest of many plans is chosen after looking at all of them, so a bound for one plan alone would be too high.

Shapes: P problems, M plans, D draws.
"""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from rerank.intervals import exact_lower

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_FAILURES = 10.0  # of fewer, a spread often comes out far too small
MIN_CARRIERS = 5.0  # problems that a spread must rest on, on either side of the mean
NUM_DRAWS = 20_000


def simultaneous_lower(
    values_PM: FloatArray, errors_M: FloatArray, *, confidence: float, seed: int, num_draws: int = NUM_DRAWS
) -> FloatArray:
    """Lower bounds of the means of all columns, all of which hold with the confidence; (M,).

    Every column gets a bound of one level, see `common_reach`: Clopper and Pearson's where its values are 0 or 1 or
    its spread cannot be trusted, the mean less some standard errors elsewhere. The first is meant for zeros and ones.
    Values between them spread less than zeros and ones of the same mean, so it is on the safe side there.

    Args:
        values_PM: in [0, 1].
        errors_M: standard errors of the means.
        confidence: of all bounds together.
    """
    reach = common_reach(values_PM, confidence=confidence, seed=seed, num_draws=num_draws)
    is_binary_M = ((values_PM == 0) | (values_PM == 1)).all(axis=0)
    exact_M = exact_lower(values_PM.sum(axis=0), len(values_PM), alpha=NormalDist().cdf(-reach))
    normal_M = values_PM.mean(axis=0) - _skewed_reach(values_PM, reach) * errors_M
    lower_M: FloatArray = np.where(is_binary_M | ~_has_spread(values_PM), exact_M, normal_M)
    return lower_M.clip(0.0, 1.0)


def common_reach(values_PM: FloatArray, *, confidence: float, seed: int, num_draws: int = NUM_DRAWS) -> float:
    """Standard errors between each mean and its bound: the quantile of the largest of M correlated normal errors.

    Errors correlate as the columns do, so plans that differ on few problems cost little. A column without any spread
    correlates with none, as nothing says how it would go on. It is never less than for one plan, nor more than by
    Bonferroni's inequality, which holds for any correlation.

    Source: the maximum of a Gaussian approximation, Chernozhukov, Chetverikov and Kato 2013 (arXiv:1212.6906).
    """
    normal, num_plans = NormalDist(), values_PM.shape[1]
    # The symmetric root is the same whichever eigenvectors a library chooses.
    eigenvalues_M, vectors_MM = np.linalg.eigh(_correlations(values_PM))
    root_MM = (vectors_MM * np.sqrt(eigenvalues_M.clip(min=0.0))) @ vectors_MM.T
    errors_DM = np.random.default_rng(seed).standard_normal((num_draws, num_plans)) @ root_MM
    largest = float(np.quantile(errors_DM.max(axis=1), confidence))
    return min(max(largest, normal.inv_cdf(confidence)), normal.inv_cdf(1 - (1 - confidence) / num_plans))


def _correlations(values_PM: FloatArray) -> FloatArray:
    centred_PM = values_PM - values_PM.mean(axis=0)
    lengths_M = np.linalg.norm(centred_PM, axis=0)
    unit_PM = np.divide(centred_PM, lengths_M, out=np.zeros_like(centred_PM), where=_varies(values_PM))
    correlations_MM: FloatArray = unit_PM.T @ unit_PM
    np.fill_diagonal(correlations_MM, 1.0)
    return correlations_MM


def _has_spread(values_PM: FloatArray) -> BoolArray:
    """Whether a column has ten failures, no more skewness than ten make, and a spread resting on five problems; (M,).

    Ten rare failures among many successes have a skewness of the root of P / 10; so have ten zeros among many values of
    0.9, though there the failures add up to more. Five problems far from a mean that all others have give a kurtosis of
    P / 5. A normal spread has 3, so it is trusted from 15 problems on.
    """
    centred_PM = values_PM - values_PM.mean(axis=0)
    fourth_M, squares_M = (centred_PM**4).sum(axis=0), (centred_PM**2).sum(axis=0)
    enough_M = (1 - values_PM).sum(axis=0) >= MIN_FAILURES
    rests_M = squares_M**2 >= MIN_CARRIERS * fourth_M
    has_spread_M: BoolArray = (
        _varies(values_PM) & enough_M & rests_M & (MIN_FAILURES * _root_skewness(values_PM) ** 2 <= 1)
    )
    return has_spread_M


def _skewed_reach(values_PM: FloatArray, reach: float) -> FloatArray:
    """Standard errors to the bound where failures are rare: a mean that came out high has a small error as well; (M,).

    Columns in which successes are rare would allow for fewer; they keep `reach`.

    Source: the first term of the Cornish-Fisher expansion of the studentised mean, Johnson 1978.
    """
    reach_M: FloatArray = reach + (-_root_skewness(values_PM)).clip(min=0.0) * (2 * reach**2 + 1) / 6
    return reach_M


def _root_skewness(values_PM: FloatArray) -> FloatArray:
    """The skewness divided by the root of P, -1 over the root of their number for rare failures; (M,)."""
    centred_PM = values_PM - values_PM.mean(axis=0)
    lengths_M = np.linalg.norm(centred_PM, axis=0)
    skewness_M: FloatArray = np.divide(
        (centred_PM**3).sum(axis=0), lengths_M**3, out=np.zeros_like(lengths_M), where=_varies(values_PM)
    )
    return skewness_M


def _varies(values_PM: FloatArray) -> BoolArray:
    """Whether a column varies by more than rounding; (M,)."""
    varies_M: BoolArray = np.ptp(values_PM, axis=0) > 1e-9
    return varies_M
