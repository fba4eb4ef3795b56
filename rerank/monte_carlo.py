"""Expectations over drawn subsets, until their mean over the problems is known closely enough.

A random order of a problem's N samples gives N // n disjoint subsets of n at once. Each problem draws from
its own stream, seeded by (seed, problem id, n), so neither the order of problems nor a batch's size matters.

Shapes: P problems, M metrics, N samples, R drawn subsets, S samples in each (n).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from rerank.ballots import Ballot
from rerank.outcomes import Measure, Subsets, depends_on_order, outcomes, units_per_score

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

TOLERANCE = 0.001  # of the standard error: 0.1 point
MIN_ORDERS = 8  # fewer say too little about their own spread
BATCH_CELLS = 1_000_000  # subsets x clusters (or samples) in memory at once


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What drawing gave.

    Attributes:
        values: mean outcome.
        variances: of that mean; 0.0 where no draw could differ.
        is_exact: no draw could differ.
    """

    values: FloatArray
    variances: FloatArray
    is_exact: BoolArray


def mean_outcomes(
    ballots: Sequence[Ballot],
    n: int,
    metrics: Sequence[Measure],
    *,
    wanted_PM: BoolArray,
    seed: int,
    tolerance: float = TOLERANCE,
) -> Means:
    """Mean outcome of each metric over subsets of n, for the problems and metrics that are wanted.

    Args:
        ballots: each with a correct cluster where anything of it is wanted.
        n: samples in a subset, 1 to the smallest N.
        wanted_PM: what to estimate; the rest stays 0.0.
        seed: of all draws.
        tolerance: draw until the standard error of each metric's mean over all P problems is below it.
    """
    means = _whole_sets(ballots, n, metrics, wanted_PM=wanted_PM)
    open_PM = wanted_PM & ~means.is_exact
    drawn = [i for i in range(len(ballots)) if open_PM[i].any()]
    if not drawn:
        return means
    streams = {i: _stream(seed, ballots[i].problem_id, n) for i in drawn}
    sums_PM, squares_PM = np.zeros(wanted_PM.shape), np.zeros(wanted_PM.shape)
    num_orders, more = 0, _first_orders([ballots[i] for i in drawn], n, len(ballots), tolerance)
    while more:
        _add_draws(ballots, n, metrics, streams=streams, num_orders=more, sums=(sums_PM, squares_PM))
        num_orders += more
        values_PM = sums_PM / num_orders
        variances_PM = (squares_PM / num_orders - values_PM**2).clip(0.0) / (num_orders - 1) * open_PM
        worst_error = float(np.sqrt(variances_PM.sum(axis=0)).max()) / len(ballots)
        # Aim a little below the tolerance, since the spread is an estimate too.
        more = 0 if worst_error < tolerance else ceil(num_orders * (1.1 * (worst_error / tolerance) ** 2 - 1))
    return Means(np.where(open_PM, values_PM, means.values), variances_PM, means.is_exact)


def _first_orders(drawn: Sequence[Ballot], n: int, num_problems: int, tolerance: float) -> int:
    """Orders a problem draws first: a quarter of what outcomes as uncertain as a coin's would need."""
    coin = 0.25 * len(drawn) / (num_problems * tolerance) ** 2
    subsets_per_order = min(ballot.num_samples for ballot in drawn) // n
    return max(MIN_ORDERS, ceil(coin / 4 / subsets_per_order))


def _whole_sets(ballots: Sequence[Ballot], n: int, metrics: Sequence[Measure], *, wanted_PM: BoolArray) -> Means:
    """The outcomes where n is all samples and nothing ties: one subset, in sample order."""
    shape = wanted_PM.shape
    means = Means(np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool))
    whole = [i for i, ballot in enumerate(ballots) if ballot.num_samples == n and wanted_PM[i].any()]
    for batch in _batches(ballots, whole, rows_per_problem=1, n=n):
        subsets = _subsets([ballots[i] for i in batch], [np.arange(n)[None]] * len(batch))
        means.values[batch] = outcomes(subsets, metrics)
        means.is_exact[batch] = ~depends_on_order(subsets, metrics)
    return means


def _add_draws(
    ballots: Sequence[Ballot],
    n: int,
    metrics: Sequence[Measure],
    *,
    streams: dict[int, np.random.Generator],
    num_orders: int,
    sums: tuple[FloatArray, FloatArray],
) -> None:
    """Draw more orders for each problem with a stream; add up their mean outcomes and these squared."""
    sums_PM, squares_PM = sums
    subsets_per_order = max(ballots[i].num_samples for i in streams) // n
    widest = max(n, max(ballots[i].num_clusters for i in streams))
    step = max(1, BATCH_CELLS // (subsets_per_order * widest))
    for start in range(0, num_orders, step):
        orders = min(step, num_orders - start)
        for batch in _batches(ballots, list(streams), rows_per_problem=orders * subsets_per_order, n=n):
            draws = [_draw(streams[i], ballots[i].num_samples, n, orders) for i in batch]
            outcomes_RM = outcomes(_subsets([ballots[i] for i in batch], draws), metrics)
            edges = np.cumsum([len(draw) for draw in draws])[:-1]
            for i, own_RM in zip(batch, np.split(outcomes_RM, edges), strict=True):
                means = own_RM.reshape(orders, -1, len(metrics)).mean(axis=1)
                sums_PM[i] += means.sum(axis=0)
                squares_PM[i] += (means**2).sum(axis=0)


def _batches(ballots: Sequence[Ballot], chosen: Sequence[int], *, rows_per_problem: int, n: int) -> Iterator[list[int]]:
    """Problems that fit in memory together, of like numbers of clusters since all are padded to the most."""
    batch: list[int] = []
    for i in sorted(chosen, key=lambda i: ballots[i].num_clusters):
        width = max(n, ballots[i].num_clusters)
        if batch and (len(batch) + 1) * rows_per_problem * width > BATCH_CELLS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _draw(stream: np.random.Generator, num_samples: int, n: int, num_orders: int) -> IntArray:
    """Disjoint subsets of n out of each of so many random orders; (num_orders * (num_samples // n), n)."""
    orders = stream.random((num_orders, num_samples)).argsort(axis=1)
    used = num_samples // n * n
    return orders[:, :used].reshape(-1, n)


def _subsets(ballots: Sequence[Ballot], draws: Sequence[IntArray]) -> Subsets:
    """Look the drawn samples up; every problem's draws stand below each other."""
    num_clusters = max(ballot.num_clusters for ballot in ballots)
    labels, ranks, units = [], [], []
    for ballot, draw in zip(ballots, draws, strict=True):
        labels_N = np.where(ballot.labels == ballot.num_clusters, num_clusters, ballot.labels)
        labels.append(labels_N[draw])
        ranks.append(_ranks(ballot)[draw])
        units.append(_units(ballot)[draw])
    correct = [-1 if ballot.correct is None else ballot.correct for ballot in ballots]
    return Subsets(
        labels=np.concatenate(labels),
        ranks=np.concatenate(ranks),
        units=np.concatenate(units),
        correct=np.repeat(correct, [len(draw) for draw in draws]),
        num_clusters=num_clusters,
    )


def _ranks(ballot: Ballot) -> IntArray:
    """1 for the lowest score of the problem, equal for equal scores; 0 for never ranked; (N,)."""
    ranks_N = np.unique(ballot.scores, return_inverse=True)[1].astype(np.int64) + 1
    return np.where(ballot.is_scored, ranks_N, 0)


def _units(ballot: Ballot) -> IntArray:
    """The scores as integers; 0 for never ranked; (N,)."""
    units_N = np.rint(np.nan_to_num(ballot.scores) * units_per_score(ballot.num_samples))
    return units_N.astype(np.int64)


def _stream(seed: int, problem_id: str, n: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}\n{n}\n{problem_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
