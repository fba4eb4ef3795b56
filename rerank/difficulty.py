"""How hard the problems are for this generator: the share of correct samples, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rerank.grading import GradedProblem

# name -> lowest share of correct samples in it; a share on an edge belongs to the easier bucket
BUCKETS = {"easy": 0.75, "medium": 0.5, "hard": 0.25, "very hard": 0.0}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Problems of like difficulty.

    Attributes:
        name: a key of BUCKETS.
        low, high: shares of correct samples; high is excluded, except 1.0.
        num_problems: in it.
        accuracy: per metric title, the mean over its problems; empty without problems.
    """

    name: str
    low: float
    high: float
    num_problems: int
    accuracy: dict[str, float]


def correct_share(problem: GradedProblem) -> float:
    """The share of a problem's samples that are correct; a sample without an answer is not."""
    num_correct = sum(label is not None and label == problem.correct for label in problem.labels)
    return num_correct / len(problem.labels)


def bucket_of(share: float) -> str:
    """The name of the bucket that a share of correct samples falls into.

    Source: the difficulty levels of the ReST-EM analysis (75-100, 50-75, 25-50, below 25 percent).
    """
    return next(name for name, low in BUCKETS.items() if share >= low)


def difficulty(problems: Sequence[GradedProblem], values: dict[str, Sequence[float]]) -> tuple[Bucket, ...]:
    """Each metric's accuracy on problems of like difficulty.

    Args:
        problems: graded.
        values: per metric title, one value per problem.
    """
    names = [bucket_of(correct_share(p)) for p in problems]
    highs = [1.0, *list(BUCKETS.values())[:-1]]
    buckets = []
    for (name, low), high in zip(BUCKETS.items(), highs, strict=True):
        inside = [i for i, found in enumerate(names) if found == name]
        accuracy = {
            title: sum(float(of_metric[i]) for i in inside) / len(inside)
            for title, of_metric in values.items()
            if inside
        }
        buckets.append(Bucket(name, low, high, len(inside), accuracy))
    return tuple(buckets)


def rescue_ratio(problem: GradedProblem) -> float | None:
    """Size of the correct cluster over the majority's, where the majority is wrong and some sample is right.

    Returns:
        In (0, 1], 1 being a tied vote; None where the vote is right or no sample is. With a tie the vote
        counts as wrong if the correct cluster does not alone have the most votes.

    Source: the right of figure 4, arXiv:2310.10047.
    """
    sizes: dict[int, int] = {}
    for label in problem.labels:
        if label is not None:
            sizes[label] = sizes.get(label, 0) + 1
    if problem.correct is None or problem.correct not in sizes:
        return None
    others = [size for label, size in sizes.items() if label != problem.correct]
    largest = max(others, default=0)
    correct = sizes[problem.correct]
    return None if correct > largest else correct / largest
