"""Whether each strategy selects the correct cluster, in many drawn subsets at once.

The same rules as rerank.strategies, with the position in the drawn order in place of the sample index. Each
rule becomes a key per cluster, an integer that no two clusters of a subset share, so that a strategy is right
where no other key beats that of the correct cluster.

Shapes: R drawn subsets, S samples in each, C clusters (of the problem with most), M metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ABSENT = -1  # below every key


class Measure(NamedTuple):
    """A metric or strategy with its K or TopN; None where it has neither."""

    name: str
    k: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Subsets:
    """Drawn subsets, each in its drawn order.

    Attributes:
        labels: cluster; C for no answer.
        ranks: of the score within the problem, greater is better, equal scores equal; 0 for never ranked.
        units: the score as an integer, so that sums are exact in any order; 0 for never ranked.
        correct: the correct cluster.
        num_clusters: C.
    """

    labels: IntArray
    ranks: IntArray
    units: IntArray
    correct: IntArray
    num_clusters: int


def units_per_score(num_samples: int) -> int:
    """The integer that stands for a score of 1: nine decimals, fewer where a key would leave 63 bits."""
    decimals = 9
    while (num_samples + 1) ** 3 * (10**decimals + 1) >= 2**62:
        decimals -= 1
    return int(10**decimals)


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """What the clusters of each subset are ranked by; ABSENT where a cluster is not ranked.

    Attributes:
        counts: votes.
        vote: by votes, summed score, first position.
        weight: by summed score, votes, first position.
        best: by the best score and its position.
        size: S; divide a key by it and the position is gone.
    """

    counts: IntArray
    vote: IntArray
    weight: IntArray
    best: IntArray
    size: int

    def ties_between(self, key_RC: IntArray, place: int) -> BoolArray:
        """Whether but for the position a key ties with the next best one; `place` from 0; (R,)."""
        ordered_RC = self._ordered(key_RC)
        if place + 1 >= ordered_RC.shape[1]:
            return np.zeros(len(ordered_RC), dtype=bool)
        tied: BoolArray = (ordered_RC[:, place] == ordered_RC[:, place + 1]) & (ordered_RC[:, place] >= 0)
        return tied

    def has_ties(self, key_RC: IntArray) -> BoolArray:
        """Whether any two keys tie but for the position; (R,)."""
        ordered_RC = self._ordered(key_RC)
        tied_RC = (ordered_RC[:, 1:] == ordered_RC[:, :-1]) & (ordered_RC[:, 1:] >= 0)
        tied: BoolArray = tied_RC.any(axis=1)
        return tied

    def _ordered(self, key_RC: IntArray) -> IntArray:
        return -np.sort(-(key_RC // self.size), axis=1)  # ABSENT // S is ABSENT


def outcomes(subsets: Subsets, metrics: Sequence[Measure]) -> FloatArray:
    """The probability that each subset's selection is correct; (R, M).

    0 or 1, except for maj1 and majk, which split ties between equally large clusters.
    """
    keys = _keys(subsets)
    outcomes_RM = np.empty((len(subsets.labels), len(metrics)))
    for name in {metric.name for metric in metrics}:
        columns = [m for m, metric in enumerate(metrics) if metric.name == name]
        ks = np.array([metrics[m].k or 1 for m in columns])
        outcomes_RM[:, columns] = _outcomes(name, ks, keys, subsets)
    return outcomes_RM


def depends_on_order(subsets: Subsets, metrics: Sequence[Measure]) -> BoolArray:
    """Whether another order of the same samples may change the outcome; (R, M), True where in doubt."""
    keys = _keys(subsets)
    return np.stack([_in_doubt(metric, keys, subsets) for metric in metrics], axis=1)


def _outcomes(name: str, ks: IntArray, keys: Keys, subsets: Subsets) -> npt.NDArray[np.generic]:
    """One metric at several K or TopN; (R, number of ks)."""
    correct_R1 = subsets.correct[:, None]
    if name == "w.rr":
        return _is_best(keys.weight, correct_R1)
    if name == "rr.majk":
        return _is_best_of_largest(keys.best, keys.vote, correct_R1, ks)
    if name == "w.rr.majk":
        return _is_best_of_largest(keys.weight, keys.vote, correct_R1, ks)
    if name == "maj1.topn":
        tallies = (_keys(_best_scored(subsets, k)).vote for k in ks.tolist())
        return np.concatenate([_is_best(vote_RC, correct_R1) for vote_RC in tallies], axis=1)
    return _share_in_largest(keys.counts, correct_R1, ks)


def _in_doubt(metric: Measure, keys: Keys, subsets: Subsets) -> BoolArray:
    k = metric.k or 1
    if metric.name == "w.rr":
        return keys.ties_between(keys.weight, 0)
    if metric.name == "rr.majk":
        return keys.ties_between(keys.vote, k - 1) | keys.has_ties(keys.best)
    if metric.name == "w.rr.majk":
        return keys.ties_between(keys.vote, k - 1) | keys.has_ties(keys.weight)
    if metric.name == "maj1.topn":
        best = _keys(_best_scored(subsets, k))
        return best.ties_between(best.vote, 0) | _is_cut_through_a_tie(subsets, k)
    return np.zeros(len(keys.vote), dtype=bool)


def _keys(subsets: Subsets) -> Keys:
    """Tally each cluster in each subset, and pack what it is ranked by into integers."""
    num_rows, size = subsets.labels.shape
    shape = (num_rows, subsets.num_clusters + 1)
    cells = (np.arange(num_rows)[:, None] * shape[1] + subsets.labels).ravel()
    counts = np.bincount(cells, minlength=shape[0] * shape[1])
    sums = np.bincount(cells, weights=subsets.units.ravel(), minlength=len(counts)).astype(np.int64)
    earliest = np.full(len(counts), ABSENT)
    np.maximum.at(earliest, cells, np.tile(np.arange(size)[::-1], num_rows))
    best = np.full(len(counts), ABSENT)
    np.maximum.at(best, cells, _preferences(subsets).ravel())
    sums_over = size * units_per_score(size) + 1
    vote = np.where(counts > 0, (counts * sums_over + sums) * size + earliest, ABSENT)
    weight = np.where(best >= 0, (sums * (size + 1) + counts) * size + earliest, ABSENT)
    counts_RC, vote_RC, weight_RC, best_RC = (key.reshape(shape)[:, :-1] for key in (counts, vote, weight, best))
    return Keys(counts_RC, vote_RC, weight_RC, best_RC, size=size)


def _preferences(subsets: Subsets) -> IntArray:
    """Candidates by score, then position; ABSENT where never ranked; (R, S)."""
    size = subsets.ranks.shape[1]
    preferences: IntArray = subsets.ranks * size + np.arange(size)[::-1]
    return np.where(subsets.ranks > 0, preferences, ABSENT)


def _is_best(key_RC: IntArray, correct_R1: IntArray) -> BoolArray:
    own_R1 = _own(key_RC, correct_R1)
    is_best: BoolArray = (own_R1 >= 0) & (own_R1 == key_RC.max(axis=1, keepdims=True))
    return is_best


def _is_best_of_largest(key_RC: IntArray, vote_RC: IntArray, correct_R1: IntArray, ks: IntArray) -> BoolArray:
    """Whether the correct cluster is among the k largest, and none of these beats its key."""
    own_R1 = _own(key_RC, correct_R1)
    rivals_RC = np.where(key_RC > own_R1, vote_RC, ABSENT)
    first_rival_R1 = rivals_RC.max(axis=1, keepdims=True)
    is_in_RK = _num_above(vote_RC, _own(vote_RC, correct_R1)) < ks
    is_rival_in_RK = (first_rival_R1 >= 0) & (_num_above(vote_RC, first_rival_R1) < ks)
    wins: BoolArray = (own_R1 >= 0) & is_in_RK & ~is_rival_in_RK
    return wins


def _share_in_largest(counts_RC: IntArray, correct_R1: IntArray, ks: IntArray) -> FloatArray:
    """Probability that the correct cluster is one of the k largest, ties split evenly."""
    own_R1 = _own(counts_RC, correct_R1)
    num_tied_R1 = (counts_RC == own_R1).sum(axis=1, keepdims=True)  # counts the correct one
    share_RK: FloatArray = np.clip((ks - _num_above(counts_RC, own_R1)) / num_tied_R1, 0.0, 1.0)
    return share_RK * (own_R1 > 0)


def _num_above(key_RC: IntArray, own_R1: IntArray) -> IntArray:
    num_above: IntArray = (key_RC > own_R1).sum(axis=1, keepdims=True)
    return num_above


def _own(key_RC: IntArray, correct_R1: IntArray) -> IntArray:
    return np.take_along_axis(key_RC, correct_R1, axis=1)


def _best_scored(subsets: Subsets, top_n: int) -> Subsets:
    """The `top_n` best-scored of each subset, all where it is smaller; who is never ranked loses the vote."""
    preferences_RS = _preferences(subsets)
    size = preferences_RS.shape[1]
    dropped = max(size - top_n, 0)
    last_R1 = np.partition(preferences_RS, dropped, axis=1)[:, dropped, None] if dropped else 0
    votes_RS = (preferences_RS >= last_R1) & (preferences_RS >= 0)
    return replace(
        subsets,
        labels=np.where(votes_RS, subsets.labels, subsets.num_clusters),
    )


def _is_cut_through_a_tie(subsets: Subsets, top_n: int) -> BoolArray:
    """Whether the last of the `top_n` best-scored ties with one left out; (R,)."""
    ranks_RS = -np.sort(-subsets.ranks, axis=1)
    if top_n >= ranks_RS.shape[1]:
        return np.zeros(len(ranks_RS), dtype=bool)
    cut: BoolArray = (ranks_RS[:, top_n - 1] == ranks_RS[:, top_n]) & (ranks_RS[:, top_n] > 0)
    return cut
