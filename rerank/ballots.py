"""A graded problem as arrays: what estimating needs of it, without the texts.

Shapes: N samples, C clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError
from reasoning.formats.parse import shown
from rerank.grading import GradedProblem

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ballot:
    """The votes and scores on one problem.

    Attributes:
        problem_id: seeds the problem's own stream of draws.
        labels: cluster per sample, 0 to C - 1; C for no answer.
        scores: in [0, 1]; NaN for a sample that is never ranked, having no score or no answer.
        sizes: samples per cluster.
        correct: the correct cluster; None if no cluster is.
    """

    problem_id: str
    labels: IntArray
    scores: FloatArray
    sizes: IntArray
    correct: int | None

    @property
    def num_samples(self) -> int:
        return len(self.labels)

    @property
    def num_clusters(self) -> int:
        return len(self.sizes)

    @cached_property
    def is_correct(self) -> npt.NDArray[np.bool_]:
        return np.equal(self.labels, -1 if self.correct is None else self.correct)

    @cached_property
    def is_scored(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.scores)

    @cached_property
    def num_correct(self) -> int:
        return int(self.is_correct.sum())

    @cached_property
    def num_scored_correct(self) -> int:
        return int((self.is_correct & self.is_scored).sum())


def build_ballots(problems: Sequence[GradedProblem]) -> list[Ballot]:
    """Problems to arrays.

    Raises:
        InputError: no problem, a problem without a sample or without an expected answer, a score outside
            [0, 1].
    """
    if not problems:
        raise InputError("expected at least one problem; got none")
    return [_build_ballot(problem) for problem in problems]


def _build_ballot(problem: GradedProblem) -> Ballot:
    name = problem.problem.id
    if not problem.candidates:
        raise InputError(f"problem {shown(name)} has no sample; leave it out")
    if not problem.is_graded:
        raise InputError(f"problem {shown(name)} has no expected answer to measure against; leave it out")
    numbers = {label: i for i, label in enumerate(sorted({x for x in problem.labels if x is not None}))}
    labels_N = np.array([len(numbers) if x is None else numbers[x] for x in problem.labels])
    scores_N = np.array([np.nan if c.score is None else c.score for c in problem.candidates])
    if ((scores_N < 0) | (scores_N > 1)).any():
        raise InputError(f"expected scores in [0, 1]; got one outside in problem {shown(name)}")
    scores_N[labels_N == len(numbers)] = np.nan
    return Ballot(
        problem_id=name,
        labels=labels_N,
        scores=scores_N,
        sizes=np.bincount(labels_N, minlength=len(numbers) + 1)[: len(numbers)],
        correct=None if problem.correct is None else numbers[problem.correct],
    )
