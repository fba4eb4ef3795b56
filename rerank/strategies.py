"""Ways to choose one candidate out of many: small functions over clusters.

Ties, on which the paper is silent: clusters of one size are ranked by summed score, clusters of one summed
score by size, what is then still tied by the lowest sample index, and so are candidates of one score. Summed
scores are compared to nine decimals, so that 0.1 + 0.2 ties with 0.3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from reasoning.errors import InputError
from reasoning.types import Candidate
from rerank.clusters import Cluster, Selection, build_clusters

SUM_DECIMALS = 9
DEFAULT_K = 8  # of one strategy
DEFAULT_TOP_N = 8
DEFAULT_KS = (3, 5, 8)  # of a report
DEFAULT_TOP_NS = (DEFAULT_TOP_N,)


@dataclass(frozen=True, slots=True)
class Strategy:
    """A named way to choose.

    Attributes:
        name: as in the paper.
        function: clusters and the parameter (ignored where `parameter` is None) to a selection.
        needs_scores: it selects nothing where no candidate with an answer has a score.
        parameter: "k", the number of largest clusters; "n", the number of best-scored candidates; or None.
        description: one line.
    """

    name: str
    function: Callable[[Sequence[Cluster], int], Selection | None]
    needs_scores: bool
    parameter: Literal["k", "n"] | None
    description: str


def select(
    name: str,
    candidates: Sequence[Candidate],
    labels: Sequence[int | None],
    *,
    k: int = DEFAULT_K,
    top_n: int = DEFAULT_TOP_N,
) -> Selection | None:
    """Choose one candidate of a problem.

    Args:
        name: a key of STRATEGIES.
        candidates: of one problem, in any order.
        labels: a cluster number per candidate; None for no answer, which is never selected.
        k: how many of the largest clusters rr.majk and w.rr.majk keep, >= 1.
        top_n: how many of the best-scored candidates vote in maj1.topn, >= 1.

    Returns:
        The selection; None where there is no answer, where the strategy needs scores and there is none, and
        from `first` where the lowest sample has no answer: a baseline of one sample gets no second one.

    Raises:
        InputError: an unknown strategy, a parameter below 1, or a score outside [0, 1].
    """
    first_sample = min((c.sample for c in candidates), default=None)
    return choose(name, build_clusters(candidates, labels), first_sample=first_sample, k=k, top_n=top_n)


def choose(
    name: str, clusters: Sequence[Cluster], *, first_sample: int | None, k: int = DEFAULT_K, top_n: int = DEFAULT_TOP_N
) -> Selection | None:
    """`select` for clusters that are already built.

    Args:
        clusters: of one problem; may be empty.
        first_sample: the lowest sample of the problem, with or without an answer; None where it has none.
    """
    if name not in STRATEGIES:
        raise InputError(f"expected a strategy out of {', '.join(STRATEGIES)}; got {name!r}")
    for option, number in (("k", k), ("top_n", top_n)):
        if number < 1:
            raise InputError(f"`{option}` must be at least 1; got {number}")
    strategy = STRATEGIES[name]
    if name == "first" and all(cluster.first_sample != first_sample for cluster in clusters):
        return None
    return strategy.function(clusters, top_n if strategy.parameter == "n" else k)


def first(clusters: Sequence[Cluster]) -> Selection | None:
    """Choose the lowest sample that has an answer."""
    if not clusters:
        return None
    cluster = min(clusters, key=lambda c: c.first_sample)
    return Selection(candidate=cluster.candidates[0], cluster=cluster)


def majority_vote(clusters: Sequence[Cluster]) -> Selection | None:
    """Choose the largest cluster, then its best-scored candidate.

    Returns:
        The selection, or None if there is no cluster. Ties: larger summed score, then lowest sample index.

    Source: Maj1, arXiv:2310.10047, Eq. 18.
    """
    if not clusters:
        return None
    winner = max(clusters, key=_by_votes)
    return Selection(candidate=winner.best, cluster=winner)


def best_score(clusters: Sequence[Cluster]) -> Selection | None:
    """Choose the candidate with the highest score.

    Candidates without an answer are in no cluster: however high the verifier scores one, there is nothing to
    show to a user.

    Returns:
        The selection, or None if no candidate has a score. Ties: lowest sample index.

    Source: RR.All, arXiv:2310.10047, Eq. 14.
    """
    scored = [cluster for cluster in clusters if cluster.scores]
    if not scored:
        return None
    winner = max(scored, key=lambda c: (c.score_max, -c.best.sample))
    return Selection(candidate=winner.best, cluster=winner)


def weighted_vote(clusters: Sequence[Cluster]) -> Selection | None:
    """Choose the cluster with the largest summed score, then its best-scored candidate.

    A candidate without a score adds nothing, and a cluster without any is not ranked: it does not even beat
    one whose scores are all 0.

    Returns:
        The selection, or None if no candidate has a score. Ties: larger cluster, then lowest sample index.

    Source: W.RR, arXiv:2310.10047, Eq. 16.
    """
    scored = [cluster for cluster in clusters if cluster.scores]
    if not scored:
        return None
    winner = max(scored, key=lambda c: (_rounded_sum(c), len(c), -c.first_sample))
    return Selection(candidate=winner.best, cluster=winner)


def largest_clusters(clusters: Sequence[Cluster], k: int) -> list[Cluster]:
    """The k largest clusters, largest first; all where there are fewer. Ties as in `majority_vote`."""
    return sorted(clusters, key=_by_votes, reverse=True)[:k]


def best_score_of_largest(clusters: Sequence[Cluster], k: int) -> Selection | None:
    """Choose the highest score within the k largest clusters.

    Source: RR.MajK, arXiv:2310.10047, Eq. 15.
    """
    return best_score(largest_clusters(clusters, k))


def weighted_vote_of_largest(clusters: Sequence[Cluster], k: int) -> Selection | None:
    """Choose the largest summed score among the k largest clusters.

    Source: W.RR.MajK, arXiv:2310.10047, Eq. 17.
    """
    return weighted_vote(largest_clusters(clusters, k))


def majority_vote_of_best(clusters: Sequence[Cluster], top_n: int) -> Selection | None:
    """Choose the largest cluster among the best-scored candidates.

    Size, summed score and lowest sample all count the `top_n` best alone, so the selection's cluster, which
    is the whole one, may be smaller than one that lost.

    Source: Maj1.TopN, arXiv:2310.10047, Eq. 19.
    """
    scored = [(candidate, i) for i, cluster in enumerate(clusters) for candidate in cluster.scored]
    best = sorted(scored, key=lambda pair: (-(pair[0].score or 0.0), pair[0].sample))[:top_n]
    voted = majority_vote(build_clusters([c for c, _ in best], [i for _, i in best]))
    if voted is None:
        return None
    return Selection(candidate=voted.candidate, cluster=clusters[dict(best)[voted.candidate]])


def _by_votes(cluster: Cluster) -> tuple[int, float, int]:
    return len(cluster), _rounded_sum(cluster), -cluster.first_sample


def _rounded_sum(cluster: Cluster) -> float:
    return round(cluster.score_sum, SUM_DECIMALS)


STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        Strategy("first", lambda c, _: first(c), False, None, "one sample, the lowest: the baseline"),
        Strategy("maj1", lambda c, _: majority_vote(c), False, None, "the most frequent answer"),
        Strategy("rr.all", lambda c, _: best_score(c), True, None, "the best-scored candidate"),
        Strategy("rr.majk", best_score_of_largest, True, "k", "the best-scored in the k largest clusters"),
        Strategy("w.rr", lambda c, _: weighted_vote(c), True, None, "the largest summed score"),
        Strategy(
            "w.rr.majk",
            weighted_vote_of_largest,
            True,
            "k",
            "the largest summed score of the k largest clusters",
        ),
        Strategy("maj1.topn", majority_vote_of_best, True, "n", "the most frequent answer of the n best-scored"),
    )
}
