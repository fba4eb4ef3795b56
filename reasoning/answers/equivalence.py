"""When two answers are the same: one grade, one clustering, one relation."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from reasoning.answers.policy import Policy


class Grade(Enum):
    """The outcome of comparing a candidate's answer with the expected one."""

    EQUAL = "equal"
    UNEQUAL = "unequal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The answers of one problem, grouped by equivalence.

    Attributes:
        labels: a cluster number per answer, numbered by first appearance; None for no answer.
        correct: the cluster that equals the expected answer; None if none does or none is known.
        num_unknown: answers whose equality with the expected answer could not be decided (counted unequal).
    """

    labels: tuple[int | None, ...]
    correct: int | None
    num_unknown: int


def grade(*, candidate: str | None, expected: str, policy: Policy = Policy()) -> Grade:
    """Compare one answer with the expected one; None is UNEQUAL to everything."""
    return Grade.EQUAL if candidate == expected else Grade.UNEQUAL


def cluster(answers: Sequence[str | None], *, policy: Policy = Policy()) -> list[int | None]:
    """Number the clusters of equivalent answers by first appearance; None stays None."""
    return list(group(answers, policy=policy).labels)


def group(
    answers: Sequence[str | None], *, expected: str | None = None, policy: Policy = Policy()
) -> Grouping:
    """Cluster the answers of one problem and find the cluster that equals the expected answer."""
    numbers: dict[str, int] = {}
    labels = tuple(None if a is None else numbers.setdefault(a, len(numbers)) for a in answers)
    return Grouping(labels, None if expected is None else numbers.get(expected), 0)
