"""Candidates grouped by equivalent answer, and the one that a strategy selects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.errors import InputError
from reasoning.types import Candidate


@dataclass(frozen=True)
class Cluster:
    """Candidates of one problem with equivalent answers.

    Attributes:
        candidates: at least one, by sample index.
    """

    candidates: tuple[Candidate, ...]

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def answer(self) -> str | None:
        """The answer as its lowest sample writes it."""
        return self.candidates[0].answer

    @property
    def first_sample(self) -> int:
        return self.candidates[0].sample

    @property
    def scored(self) -> tuple[Candidate, ...]:
        """The candidates that may be ranked, by sample index."""
        return tuple(c for c in self.candidates if is_scored(c))

    @property
    def scores(self) -> tuple[float, ...]:
        """The scores that are there, by sample index."""
        return tuple(c.score for c in self.candidates if c.score is not None and not math.isnan(c.score))

    @property
    def score_sum(self) -> float:
        """Sum of the scores; 0.0 when there are none."""
        return math.fsum(self.scores)

    @property
    def score_max(self) -> float | None:
        return max(self.scores, default=None)

    @property
    def best(self) -> Candidate:
        """The best-scored candidate; the lowest sample where scores tie or there are none."""
        return max(self.candidates, key=_score_or_none_last)


@dataclass(frozen=True, slots=True)
class Selection:
    """The candidate a strategy chose, and its cluster."""

    candidate: Candidate
    cluster: Cluster


def is_scored(candidate: Candidate) -> bool:
    """Whether a candidate may be ranked: a missing score and a NaN are no scores."""
    return candidate.score is not None and not math.isnan(candidate.score)


def build_clusters(candidates: Sequence[Candidate], labels: Sequence[int | None]) -> list[Cluster]:
    """Group the candidates of one problem by their cluster numbers.

    Args:
        candidates: of one problem, in any order, no two with the same sample index.
        labels: a cluster number per candidate; None for no answer, which is in no cluster.

    Returns:
        The clusters by their lowest sample, which for the labels of a `GradedProblem` is their number.

    Raises:
        InputError: the lengths differ, or a score is not a probability. NaN is a missing score, not an error.
    """
    if len(candidates) != len(labels):
        raise InputError(f"expected one label per candidate ({len(candidates)}); got {len(labels)}")
    groups: dict[int, list[Candidate]] = {}
    for candidate, label in sorted(zip(candidates, labels, strict=True), key=lambda pair: pair[0].sample):
        if label is not None:
            _check_score(candidate)
            groups.setdefault(label, []).append(candidate)
    return [Cluster(tuple(group)) for group in groups.values()]


def _score_or_none_last(candidate: Candidate) -> float:
    return -1.0 if candidate.score is None or math.isnan(candidate.score) else candidate.score


def _check_score(candidate: Candidate) -> None:
    score = candidate.score
    if score is not None and not math.isnan(score) and not 0.0 <= score <= 1.0:
        raise InputError(f"expected a score in [0, 1]; got {score} for sample {candidate.sample}")
