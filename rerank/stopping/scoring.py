"""Score only what can matter: which samples' scores can still change the selected answer.

Three prices of one selection, in samples that the evaluator reads:

- all of them;
- the eligible ones, which the strategy may choose from: for the K largest clusters what is in them, for the vote what
  is in clusters tied for the first place, and nothing for `first`;
- the needed ones: those are asked for a few at a time, and the asking ends when rerank.stopping.lossless shows that
  no score of the rest can change the answer. The selected answer is that of scoring everything; which of its solutions
  is the best-scored, and what share of the scores it holds, stays unknown.
"""

from collections.abc import Callable, Sequence
from math import ceil

from reasoning.types import Candidate
from rerank.clusters import Cluster, is_scored
from rerank.stopping.lossless import is_decided
from rerank.stopping.standings import Standing, Tally
from rerank.strategies import STRATEGIES, largest_clusters

Score = Callable[[Sequence[int]], Sequence[float | None]]


def eligible(strategy: str, clusters: Sequence[Cluster], *, k: int) -> list[Candidate]:
    """The candidates that the strategy may choose from, whatever the scores are, by sample index.

    Clusters as large as the k-th largest are all among them, since scores decide which of them are kept.
    """
    if strategy == "first":
        return []
    if STRATEGIES[strategy].parameter == "k" or strategy == "maj1":
        place = k if strategy != "maj1" else 1
        smallest = min(map(len, largest_clusters(clusters, place)), default=0)
        clusters = [cluster for cluster in clusters if len(cluster) >= smallest]
        if strategy == "maj1" and len(clusters) == 1:
            return []
    return sorted((c for cluster in clusters for c in cluster.candidates), key=lambda c: c.sample)


def score_needed(
    strategy: str, clusters: Sequence[Cluster], score: Score, *, k: int, top_n: int
) -> dict[int, float | None]:
    """Score samples until no further score can change the selected answer.

    Args:
        strategy: a key of STRATEGIES.
        clusters: of one problem, without scores.
        score: sample indices to their scores, None where one cannot be judged; called with a few at a time.
        k: see rerank.strategies.select, as for the next.
        top_n: see there.

    Returns:
        Scores by sample index, in the order in which they were asked for. `choose` on clusters with these scores alone
        selects the cluster that it would with all. One cluster alone needs none: the vote selects it.
    """
    if len(clusters) < 2:
        return {}
    tally = Tally(scored=True)
    label_of: dict[int, int] = {}
    for label, cluster in enumerate(clusters):
        label_of |= {c.sample: label for c in cluster.candidates}
    worth = {candidate.sample for candidate in eligible(strategy, clusters, k=k)}
    for sample, label in sorted(label_of.items()):
        tally.add(sample, label, None, pending=sample in worth)
    found: dict[int, float | None] = {}
    while not is_decided(tally, strategy, remaining=0, k=k, top_n=top_n):
        batch = _next(tally, strategy)
        for sample, value in zip(batch, score(batch), strict=True):
            found[sample] = value
            tally.set_score(label_of[sample], sample, value)
    return found


def num_scored(strategy: str, clusters: Sequence[Cluster], *, k: int, top_n: int) -> tuple[int, int, int]:
    """How many samples the evaluator reads if it reads all, the eligible ones and the needed ones.

    Args:
        clusters: of one problem, with their scores. Samples without a score are read in vain.
    """
    known = {c.sample: c.score if is_scored(c) else None for cluster in clusters for c in cluster.candidates}
    needed = score_needed(strategy, clusters, lambda batch: [known[s] for s in batch], k=k, top_n=top_n)
    return len(known), len(eligible(strategy, clusters, k=k)), len(needed)


def _next(tally: Tally, strategy: str) -> list[int]:
    """The samples to score next, at least one.

    For the summed scores those of the cluster that could still reach most, as many as must be read before anything can
    be decided; for the other strategies everything that is open, of which any one could be the best.
    """
    waiting = [standing for standing in tally.standings.values() if standing.pending]
    if strategy not in ("w.rr", "w.rr.majk"):
        return sorted(sample for standing in waiting for sample in standing.pending)
    first = max(waiting, key=lambda standing: standing.most_weight(0))
    rivals = [s for s in tally.standings.values() if s is not first]
    return first.pending[: _num_open(first, rivals)]


def _num_open(first: Standing, rivals: Sequence[Standing]) -> int:
    """How many scores of 1 would put the cluster above all that its rivals can reach, or of 0 below what one holds."""
    above = max((rival.most_weight(0)[0] for rival in rivals), default=0.0) - first.least_weight()[0]
    below = first.most_weight(0)[0] - max((rival.least_weight()[0] for rival in rivals), default=0.0)
    return max(1, ceil(min(above, below)))
