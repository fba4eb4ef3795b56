"""Exact expectations over all subsets of the samples of one problem.

Shapes: N samples, K numbers of samples, Y quadrature nodes, X coefficients of a polynomial in x, F factors.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import ceil, comb, sqrt

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError

FloatArray = npt.NDArray[np.float64]

# C(1024, 512) is 4e306: here every count of subsets, and so every sum below, still fits in float64.
MAX_EXACT_SAMPLES = 1024


def maj1_at_k(cluster_sizes: Sequence[int], correct: int | None, k: int, *, num_unextracted: int = 0) -> float:
    """Probability that the majority of k samples is right, over all subsets of k.

    Tied clusters win equally often: with two clusters of two votes each the value is 0.5. A subset without
    any answer is wrong.

    Args:
        cluster_sizes: candidates per cluster, >= 0.
        correct: index of the correct cluster; None if no cluster is.
        k: samples in a subset, 1 to N.
        num_unextracted: samples without an answer, which take places in the subset but never vote.

    Raises:
        InputError: an argument out of range, or more than MAX_EXACT_SAMPLES samples.
    """
    curve = maj1_curve(cluster_sizes, correct, num_unextracted=num_unextracted)
    _check_k(k, len(curve))
    return float(curve[k - 1])


def maj1_curve(cluster_sizes: Sequence[int], correct: int | None, *, num_unextracted: int = 0) -> FloatArray:
    """`maj1_at_k` for k = 1 to N at once; (N,), read-only."""
    sizes = [int(size) for size in cluster_sizes]
    if min([num_unextracted, *sizes]) < 0:
        raise InputError(f"cluster sizes must be at least 0; got {sizes} and {num_unextracted} unextracted")
    if correct is not None and not 0 <= correct < len(sizes):
        raise InputError(f"`correct` must be None or one of {len(sizes)} clusters; got {correct}")
    num_samples = sum(sizes) + num_unextracted
    if num_samples > MAX_EXACT_SAMPLES:
        raise InputError(
            f"exact maj1 takes at most {MAX_EXACT_SAMPLES} samples; got {num_samples}. "
            "rerank.estimators.estimate draws subsets there."
        )
    size = 0 if correct is None else sizes.pop(correct)
    return _maj1_curve(size, tuple(sorted(s for s in sizes if s)), num_samples)


def rr_all_at_k(scores: Sequence[float | None], correct: Sequence[bool], k: int) -> float:
    """Probability that the best-scored of k samples is right, over all subsets of k.

    Args:
        scores: in [0, 1]; None for a candidate that is never ranked (no answer or no score), which takes a
            place in the subset but cannot win. Tied candidates win equally often.
        correct: for each candidate.
        k: samples in a subset, 1 to N.

    Raises:
        InputError: lengths that differ, k out of range, or a score that is NaN or outside [0, 1].
    """
    _check_k(k, len(scores))
    return float(rr_all_curve(scores, correct, [k])[0])


def rr_all_curve(scores: Sequence[float | None], correct: Sequence[bool], ks: Sequence[int]) -> FloatArray:
    """`rr_all_at_k` for several k; (K,).

    A tie group is chosen from where the subset holds one of it and none above it, and by symmetry each of its
    members is then equally likely.
    """
    if len(scores) != len(correct):
        raise InputError(f"expected one `correct` per score ({len(scores)}); got {len(correct)}")
    ranked = [(score, right) for score, right in zip(scores, correct, strict=True) if score is not None]
    if not all(0.0 <= score <= 1.0 for score, _ in ranked):  # NaN fails it too
        wrong = next(score for score, _ in ranked if not 0.0 <= score <= 1.0)
        raise InputError(f"expected scores in [0, 1] or None; got {wrong}")
    values, group_of, sizes = np.unique([-score for score, _ in ranked], return_inverse=True, return_counts=True)
    if not len(values):
        return np.zeros(len(ks))
    share_correct = np.bincount(group_of, weights=[right for _, right in ranked]) / sizes
    none_of_best_KN = _prob_none_of_best(len(scores), len(ranked), ks)
    edges = np.concatenate([[0], np.cumsum(sizes)])
    best_in_group = none_of_best_KN[:, edges[:-1]] - none_of_best_KN[:, edges[1:]]
    wins: FloatArray = best_in_group @ share_correct
    wins[wins > 1 - 1e-13] = 1.0  # certain but for rounding
    return wins


def _prob_none_of_best(num_samples: int, num_ranked: int, ks: Sequence[int]) -> FloatArray:
    """Probability that a subset of k holds none of the a best candidates, a = 0 to num_ranked; (K, a)."""
    a = np.arange(num_ranked)
    left_out = (num_samples - np.asarray(ks)[:, None] - a).clip(0) / (num_samples - a)
    return np.concatenate([np.ones((len(ks), 1)), np.cumprod(left_out, axis=1)], axis=1)


@lru_cache(maxsize=8192)
def _maj1_curve(size: int, rivals: tuple[int, ...], num_samples: int) -> FloatArray:
    """The curve for a correct cluster of `size` and rivals by ascending size.

    P(k) C(N, k) = sum over the votes t of the correct cluster of C(size, t) times the coefficient of
    x^(k-t) in the product over rivals of sum_{v<t} C(s, v) x^v + y C(s, t) x^t, with y^j for j tied rivals
    replaced by 1 / (j + 1), its integral over y from 0 to 1. A rival smaller than t is not cut off, so all of
    these, with the samples without an answer, are one binomial, the same for all t between two rivals' sizes.
    """
    wins_X = np.zeros(num_samples + 1)
    edges = sorted({0, size, *(s for s in rivals if s < size)})
    for below, upto in pairwise(edges):
        larger = tuple(s for s in rivals if s > below)
        num_free = num_samples - size - sum(larger)
        won_X = _won_against(larger, size, range(below + 1, upto + 1))
        won_X = np.convolve(won_X, _binomials(num_free))[: num_samples + 1]
        wins_X[: len(won_X)] += won_X
    curve: FloatArray = wins_X[1:] / _binomials(num_samples)[1:]
    curve[curve > 1 - 1e-13] = 1.0  # certain but for rounding
    curve.flags.writeable = False
    return curve


def _won_against(rivals: tuple[int, ...], size: int, votes: range) -> FloatArray:
    """Sum over the votes t of C(size, t) x^t times the ways in which no rival gets more; (X,)."""
    won_X = np.zeros(votes[-1] * (len(rivals) + 1) + 1)
    for t in votes:
        ways_X = _binomials(size)[t] * _ways_not_above(rivals, t)
        won_X[t : t + len(ways_X)] += ways_X
    return won_X


def _ways_not_above(rivals: tuple[int, ...], t: int) -> FloatArray:
    """Product over rivals of at least t votes each, cut off at t, ties integrated out; (X,)."""
    if len(rivals) == 0:
        return np.ones(1)
    if len(rivals) == 1:
        ways_X = _binomials(rivals[0])[: t + 1].copy()
        ways_X[t] /= 2
        return ways_X
    nodes_Y, weights_Y = _quadrature(len(rivals))
    factors_FYX = np.stack([_binomials(s)[: t + 1] for s in rivals])[:, None, :].repeat(len(nodes_Y), axis=1)
    factors_FYX[:, :, t] *= nodes_Y
    while len(factors_FYX) > 2:
        if len(factors_FYX) % 2:
            factors_FYX = np.concatenate([factors_FYX, np.zeros_like(factors_FYX[:1])])
            factors_FYX[-1, :, 0] = 1.0
        factors_FYX = _multiply(factors_FYX[0::2], factors_FYX[1::2])
    return _multiply_and_sum(factors_FYX[0] * weights_Y[:, None], factors_FYX[1])[: t * len(rivals) + 1]


def _multiply(a_FYX: FloatArray, b_FYX: FloatArray) -> FloatArray:
    """Products of polynomials, as rows of a times the Toeplitz matrices of b."""
    num_factors, num_nodes, length = b_FYX.shape
    padded = np.zeros((num_factors, num_nodes, 3 * length - 2))
    padded[:, :, length - 1 : 2 * length - 1] = b_FYX
    factor, node, step = padded.strides
    # Row i of a Toeplitz matrix is b, i places to the right: a window into the padding that starts i earlier.
    toeplitz = np.lib.stride_tricks.as_strided(
        padded[:, :, length - 1 :],
        shape=(num_factors, num_nodes, length, 2 * length - 1),
        strides=(factor, node, -step, step),
        writeable=False,
    )
    product: FloatArray = (a_FYX[:, :, None, :] @ toeplitz)[:, :, 0]
    return product


def _multiply_and_sum(a_YX: FloatArray, b_YX: FloatArray) -> FloatArray:
    """Sum over the nodes of the products: one matrix product, then its anti-diagonals."""
    length = a_YX.shape[1]
    padded = np.zeros((length, 2 * length))
    padded[:, :length] = a_YX.T @ b_YX
    # Rows of 2L read as rows of 2L - 1: each row moves one place further to the right.
    skewed = padded.ravel()[: length * (2 * length - 1)].reshape(length, 2 * length - 1)
    total: FloatArray = skewed.sum(axis=0)
    return total


@lru_cache(maxsize=MAX_EXACT_SAMPLES + 1)
def _binomials(size: int) -> FloatArray:
    """C(size, i) for i = 0 to size."""
    row = np.array([float(comb(size, i)) for i in range(size + 1)])
    row.flags.writeable = False
    return row


@lru_cache(maxsize=MAX_EXACT_SAMPLES)
def _quadrature(degree: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on [0, 1] that integrate y^j for all j up to `degree`.

    Gauss-Legendre is exact from degree // 2 + 1 nodes on; for a monomial 3 sqrt(degree) are enough for an
    error below 1e-14, and no term is negative, so nothing cancels.
    """
    from scipy.special import roots_legendre

    num_nodes = min(degree // 2 + 1, ceil(3 * sqrt(degree)))
    nodes, weights = roots_legendre(num_nodes)
    return np.asarray(nodes + 1) / 2, np.asarray(weights) / 2


def _check_k(k: int, num_samples: int) -> None:
    if k < 1:
        raise InputError(f"`k` must be at least 1; got {k}")
    if k > num_samples:
        raise InputError(f"`k` must be at most the number of samples ({num_samples}); got {k}.")
