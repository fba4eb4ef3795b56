"""Whether the selected answer is decided: no outcome of what is still to come can change it.

Let r samples remain. A cluster that a strategy selects from all samples is one whose final key no other final key
exceeds, and every final key lies between two that are known now:

- Counts and sums only grow. The leader's key is at least what it holds now (no more votes, every unknown score 0 or
  missing); a rival's is at most what it would be if all r samples joined it and every unknown score were 1; so for
  a cluster that does not exist yet, whose first sample would come after all others.
- Ties are broken in the keys, as in rerank.strategies: votes, then the sum, then the lower first sample for maj1, and
  the sum first for w.rr. First samples are known and never change.

So if the leader's least key exceeds every rival's greatest key, it is selected in every outcome. For maj1 without
scores the converse holds too: if some rival reaches the leader's key, the outcome in which all r samples vote for it
is one in which the answer changes, and the rule stops at the first moment at which it is right to.

For the strategies that look at the K largest clusters only, two things must hold in every outcome: the leader stays
among them, and no rival that can be among them has a greater key. The leader leaves only if K clusters pass it in
votes; passing costs each a known number of the r samples, and the K cheapest must cost more than r together. A
rival is surely out where K clusters already hold more votes than it can reach.

For maj1.topn let u scores be unknown, drawn or not. If e of them end among the n best, they take the places of the
worst of these, so that the n - e best known stay. The leader wins in every outcome if for each e up to u it has more
votes among these than any rival has with e added.

The answer is the same; which of its solutions is shown is not covered, as a better-scored one might have come.
"""

from collections import Counter
from collections.abc import Callable

from rerank.stopping.standings import Standing, Tally

Check = Callable[[Tally, int, int], bool]


def is_decided(tally: Tally, strategy: str, *, remaining: int, k: int, top_n: int) -> bool:
    """Whether the strategy selects the same cluster in every outcome.

    Args:
        tally: the samples so far.
        strategy: a key of rerank.strategies.STRATEGIES.
        remaining: samples that may still be drawn, >= 0.
        k: see rerank.strategies.select, as for the next.
        top_n: see there.

    Returns:
        True only where it does; False where that is not shown. For maj1 without scores this is exact.
    """
    if not remaining and not tally.has_pending:
        return True
    if strategy == "first":
        return tally.num_samples > 0
    return CHECKS[strategy](tally, remaining, top_n if strategy == "maj1.topn" else k)


def _vote(tally: Tally, remaining: int, _: int) -> bool:
    leader = tally.leader("votes")
    if leader is None:
        return False
    least = tally.standings[leader].least_votes()
    return all(r.most_votes(remaining, scored=tally.scored) < least for r in tally.rivals(leader, remaining))


def _weighted(tally: Tally, remaining: int, _: int) -> bool:
    leader = tally.leader("weight")
    if leader is None:
        return False
    rivals = [r for r in tally.rivals(leader, remaining) if r.may_be_ranked(remaining)]
    return _outweighs(tally, leader, rivals, remaining)


def _best(tally: Tally, remaining: int, _: int) -> bool:
    leader = max(tally.standings, key=lambda label: tally.standings[label].best(), default=None)
    return leader is not None and _outscores(tally, leader, list(tally.rivals(leader, remaining)), remaining)


def _weighted_of_largest(tally: Tally, remaining: int, k: int) -> bool:
    leader = _leader_of_largest(tally, k, key=lambda standing: standing.least_weight())
    if leader is None or not _stays(tally, leader, remaining, k):
        return False
    rivals = [r for r in _not_surely_out(tally, leader, remaining, k) if r.may_be_ranked(remaining)]
    return _outweighs(tally, leader, rivals, remaining)


def _best_of_largest(tally: Tally, remaining: int, k: int) -> bool:
    leader = _leader_of_largest(tally, k, key=lambda standing: standing.best())
    if leader is None or not _stays(tally, leader, remaining, k):
        return False
    return _outscores(tally, leader, _not_surely_out(tally, leader, remaining, k), remaining)


def _vote_of_best(tally: Tally, remaining: int, top_n: int) -> bool:
    known = sorted(
        (-score, sample, label) for label, standing in tally.standings.items() for score, sample in standing.scored
    )
    num_unknown = remaining + sum(len(standing.pending) for standing in tally.standings.values())
    leader = _leader_of_best(known[:top_n])
    if leader is None:
        return False
    for entrants in range(1, min(num_unknown, top_n) + 1):
        votes = Counter(label for _, _, label in known[: top_n - entrants])
        rival = max((count for label, count in votes.items() if label != leader), default=0)
        if votes[leader] <= rival + entrants:
            return False
    return True


CHECKS: dict[str, Check] = {
    "maj1": _vote,
    "rr.all": _best,
    "rr.majk": _best_of_largest,
    "w.rr": _weighted,
    "w.rr.majk": _weighted_of_largest,
    "maj1.topn": _vote_of_best,
}


def _outweighs(tally: Tally, leader: int, rivals: list[Standing], remaining: int) -> bool:
    least = tally.standings[leader].least_weight()
    return all(rival.most_weight(remaining) < least for rival in rivals)


def _outscores(tally: Tally, leader: int, rivals: list[Standing], remaining: int) -> bool:
    best = tally.standings[leader].best()
    return best[0] >= 0 and all(rival.best_possible(remaining, tally.next_sample) < best for rival in rivals)


def _leader_of_largest(tally: Tally, k: int, *, key: Callable[[Standing], tuple[float, ...]]) -> int | None:
    largest = sorted(tally.standings, key=lambda label: tally.standings[label].least_votes(), reverse=True)[:k]
    ranked = [label for label in largest if tally.standings[label].scored]
    return max(ranked, key=lambda label: key(tally.standings[label]), default=None)


def _leader_of_best(best: list[tuple[float, int, int]]) -> int | None:
    """The winner of a vote of (minus score, sample, label); ties as in rerank.strategies.majority_vote."""
    of_best: dict[int, Standing] = {}
    for minus_score, sample, label in sorted(best, key=lambda one: one[1]):
        standing = of_best.setdefault(label, Standing(sample))
        standing.votes += 1
        standing.scored.append((-minus_score, sample))
    return max(of_best, key=lambda label: of_best[label].least_votes(), default=None)


def _stays(tally: Tally, leader: int, remaining: int, k: int) -> bool:
    """Whether no outcome puts k clusters above the leader in votes."""
    least = tally.standings[leader].least_votes()
    costs = [_cost_of_passing(rival, least, tally) for rival in tally.rivals(leader, 0)]
    if remaining:
        costs += [_cost_of_passing(Standing(tally.next_sample), least, tally)] * k
    cheapest = sorted(costs)[:k]
    return len(cheapest) < k or sum(cheapest) > remaining


def _cost_of_passing(rival: Standing, least: tuple[float, float, int], tally: Tally) -> int:
    to_tie = max(0, int(least[0]) - rival.votes)
    return to_tie if rival.most_votes(to_tie, scored=tally.scored) > least else to_tie + 1


def _not_surely_out(tally: Tally, leader: int, remaining: int, k: int) -> list[Standing]:
    held = sorted((standing.least_votes() for standing in tally.standings.values()), reverse=True)
    if len(held) < k:
        return list(tally.rivals(leader, remaining))
    # A rival's own least key never exceeds what it can reach, so the k-th key it stays below is another's.
    return [
        rival
        for rival in tally.rivals(leader, remaining)
        if rival.most_votes(remaining, scored=tally.scored) >= held[k - 1]
    ]
