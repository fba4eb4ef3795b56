import math

import numpy as np

from reasoning.types import Candidate, Problem
from rerank.ballots import build_ballots
from rerank.grading import GradedProblem


def test_counts_and_scores() -> None:
    scores = [0.5, math.nan, 0.9, None, 0.25]
    answers = ["1", "2", None, "1", "2"]
    candidates = tuple(Candidate(i, a, s) for i, (a, s) in enumerate(zip(answers, scores, strict=True)))
    (ballot,) = build_ballots([GradedProblem(Problem("p", "?", "2"), candidates, (0, 1, None, 0, 1), 1, 0)])
    assert ballot.labels.tolist() == [0, 1, 2, 0, 1]
    assert ballot.sizes.tolist() == [2, 2]
    # A score without an answer is never ranked, and so is a NaN.
    np.testing.assert_array_equal(ballot.scores, [0.5, math.nan, math.nan, math.nan, 0.25])
    assert (ballot.num_correct, ballot.num_scored_correct) == (2, 1)


def test_no_answers_at_all() -> None:
    candidates = (Candidate(0, None), Candidate(1, None, 0.5))
    (ballot,) = build_ballots([GradedProblem(Problem("p", "?", "2"), candidates, (None, None), None, 0)])
    assert (ballot.num_clusters, ballot.correct, ballot.num_correct) == (0, None, 0)
    assert not ballot.is_scored.any()
