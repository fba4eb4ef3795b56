"""Rows to graded problems: extract, group by equivalence, find the correct cluster."""

from dataclasses import dataclass

from reasoning.types import Candidate, Problem


@dataclass(frozen=True, slots=True)
class GradedProblem:
    """One problem with its candidates grouped and graded.

    Attributes:
        problem: the question and its expected answer.
        candidates: every candidate, by sample index.
        labels: a cluster number per candidate, numbered by first appearance; None for no answer.
        correct: the number of the cluster equal to the expected answer; None if no cluster is.
        num_unknown: answers whose equality with the expected one is undecided (counted unequal).
    """

    problem: Problem
    candidates: tuple[Candidate, ...]
    labels: tuple[int | None, ...]
    correct: int | None
    num_unknown: int = 0
