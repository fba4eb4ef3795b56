"""Metrics of one problem that need only counts."""

from math import comb

from reasoning.errors import InputError


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """Probability that k samples drawn without replacement hold a correct one.

    Computed in integers and rounded once, so it is as right at 1,024 samples as at 4.

    Args:
        num_samples: samples of the problem, >= 1.
        num_correct: how many of them are correct, 0 to num_samples.
        k: samples drawn, 1 to num_samples.

    Returns:
        1 - C(num_samples - num_correct, k) / C(num_samples, k).

    Raises:
        InputError: a count out of range. More draws than samples are refused, not rounded down: k of fewer
            samples is another quantity.

    Source: Chen et al. 2021, arXiv:2107.03374, Eq. 1.
    """
    if k < 1:
        raise InputError(f"`k` must be at least 1; got {k}")
    if k > num_samples:
        raise InputError(f"`k` must be at most the number of samples ({num_samples}); got {k}.")
    if not 0 <= num_correct <= num_samples:
        raise InputError(
            f"`num_correct` must be between 0 and the number of samples ({num_samples}); got {num_correct}"
        )
    total = comb(num_samples, k)
    return (total - comb(num_samples - num_correct, k)) / total
