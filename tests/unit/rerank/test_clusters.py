import math

import pytest

from reasoning.errors import InputError
from reasoning.types import Candidate
from rerank.clusters import build_clusters


def test_groups_by_label_in_sample_order() -> None:
    candidates = [Candidate(2, "7"), Candidate(0, "5"), Candidate(3, "5.0"), Candidate(1, None)]
    clusters = build_clusters(candidates, [1, 0, 0, None])
    assert [[c.sample for c in cluster.candidates] for cluster in clusters] == [[0, 3], [2]]
    assert [cluster.answer for cluster in clusters] == ["5", "7"]
    assert [cluster.first_sample for cluster in clusters] == [0, 2]
    assert [len(cluster) for cluster in clusters] == [2, 1]


def test_no_answer_is_in_no_cluster() -> None:
    assert build_clusters([Candidate(0, None, 0.9)], [None]) == []


def test_scores_leave_out_the_missing_and_the_nan() -> None:
    scores = [0.1, None, math.nan, 0.2]
    (cluster,) = build_clusters([Candidate(i, "1", s) for i, s in enumerate(scores)], [0] * 4)
    assert cluster.scores == (0.1, 0.2)
    assert cluster.score_sum == math.fsum([0.1, 0.2])
    assert cluster.score_max == 0.2
    assert cluster.best.sample == 3
    assert [c.sample for c in cluster.scored] == [0, 3]


def test_without_scores_the_best_is_the_lowest_sample() -> None:
    (cluster,) = build_clusters([Candidate(4, "1"), Candidate(1, "1", math.nan)], [0, 0])
    assert (cluster.score_sum, cluster.score_max, cluster.best.sample) == (0.0, None, 1)


def test_tied_scores_the_best_is_the_lowest_sample() -> None:
    (cluster,) = build_clusters([Candidate(i, "1", s) for i, s in enumerate([0.2, 0.8, 0.8])], [0] * 3)
    assert cluster.best.sample == 1


def test_a_score_of_zero_is_better_than_none() -> None:
    (cluster,) = build_clusters([Candidate(0, "1"), Candidate(1, "1", 0.0)], [0, 0])
    assert cluster.best.sample == 1


@pytest.mark.parametrize("score", [-0.1, 1.5, math.inf])
def test_refuses_scores_that_are_no_probabilities(score: float) -> None:
    with pytest.raises(InputError, match=r"expected a score in \[0, 1\].*sample 0"):
        build_clusters([Candidate(0, "1", score)], [0])


def test_refuses_lengths_that_differ() -> None:
    with pytest.raises(InputError, match="one label per candidate"):
        build_clusters([Candidate(0, "1")], [])
