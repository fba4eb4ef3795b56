"""How the clusters of one problem stand while samples and scores are still to come.

What is not known yet is bounded: a sample without a score so far has one in [0, 1] or none, and a sample that is not
drawn yet votes for any cluster, for a new one or for none. Each cluster therefore has a key that it holds at least
and one that it can reach, ordered as rerank.strategies orders clusters.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rerank.strategies import SUM_DECIMALS

Key = tuple[float, float, int]


@dataclass(slots=True)
class Standing:
    """A cluster so far.

    Attributes:
        first: its lowest sample.
        votes: samples in it.
        scored: (score, sample) of those that have one.
        pending: samples whose score is not known yet.
    """

    first: int
    votes: int = 0
    scored: list[tuple[float, int]] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)

    def least_votes(self) -> Key:
        return self.votes, self._least_sum, -self.first

    def most_votes(self, more: int, *, scored: bool) -> Key:
        """The key of a plain vote with so many more samples; `scored` says whether scores may come at all."""
        return self.votes + more, self._most_sum(more) if scored else self._least_sum, -self.first

    def least_weight(self) -> Key:
        return self._least_sum, self.votes, -self.first

    def most_weight(self, more: int) -> Key:
        return self._most_sum(more), self.votes + more, -self.first

    def best(self) -> tuple[float, int]:
        """The best known score and minus its sample; below every score where there is none."""
        return max(((score, -sample) for score, sample in self.scored), default=(-1.0, 0))

    def best_possible(self, more: int, next_sample: int) -> tuple[float, int]:
        unknown = self.pending or ([next_sample] if more else [])
        return max(self.best(), (1.0, -min(unknown))) if unknown else self.best()

    def may_be_ranked(self, more: int) -> bool:
        """Whether it can have a score in the end."""
        return bool(self.scored or self.pending or more)

    @property
    def _least_sum(self) -> float:
        return round(math.fsum(score for score, _ in self.scored), SUM_DECIMALS)

    def _most_sum(self, more: int) -> float:
        # fsum rounds the exact sum once, so that no scores in [0, 1] add up to more.
        return round(math.fsum([*(score for score, _ in self.scored), len(self.pending) + more]), SUM_DECIMALS)


class Tally:
    """The samples of one problem as they come.

    Args:
        scored: whether an evaluator may score them.
    """

    def __init__(self, *, scored: bool) -> None:
        self.scored = scored
        self.standings: dict[int, Standing] = {}
        self.num_samples = 0
        self.next_sample = 0

    def add(self, sample: int, label: int | None, score: float | None, *, pending: bool = False) -> None:
        """Count a sample.

        Args:
            sample: its index, above those counted before.
            label: its cluster; None for no answer.
            score: in [0, 1]; None for none.
            pending: that the score is still to come.
        """
        self.num_samples += 1
        self.next_sample = sample + 1
        if label is None:
            return
        standing = self.standings.setdefault(label, Standing(sample))
        standing.votes += 1
        if pending:
            standing.pending.append(sample)
        elif score is not None and not math.isnan(score):
            standing.scored.append((score, sample))

    def set_score(self, label: int, sample: int, score: float | None) -> None:
        """A pending score has come; None where the evaluator could not say."""
        standing = self.standings[label]
        standing.pending.remove(sample)
        if score is not None and not math.isnan(score):
            standing.scored.append((score, sample))

    @property
    def has_pending(self) -> bool:
        return any(standing.pending for standing in self.standings.values())

    def rivals(self, label: int, remaining: int) -> Iterator[Standing]:
        """The other clusters, and where samples are still to come the one that may appear."""
        yield from (standing for other, standing in self.standings.items() if other != label)
        if remaining:
            yield Standing(self.next_sample)

    def leader(self, key: Iterable[str] | str = "votes") -> int | None:
        """The cluster that is selected by what is known: by "votes", or by the "weight" of its scores."""
        if key == "votes":
            return max(self.standings, key=lambda label: self.standings[label].least_votes(), default=None)
        ranked = [label for label, standing in self.standings.items() if standing.scored]
        return max(ranked, key=lambda label: self.standings[label].least_weight(), default=None)
