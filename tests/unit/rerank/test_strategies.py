"""Each strategy's own rule and its ties; what all of them share is in tests/contract."""

import pytest

from reasoning.errors import InputError
from reasoning.types import Candidate
from rerank.strategies import select


def chosen(name: str, votes: str, scores: list[float | None], *, k: int = 8, top_n: int = 8) -> int | None:
    """The selected sample; one letter per candidate is its cluster, "-" no answer."""
    candidates = [Candidate(i, v if v != "-" else None, s) for i, (v, s) in enumerate(zip(votes, scores, strict=True))]
    labels = [None if v == "-" else ord(v) for v in votes]
    selection = select(name, candidates, labels, k=k, top_n=top_n)
    return None if selection is None else selection.candidate.sample


NO_SCORES: list[float | None] = [None] * 5


class TestFirst:
    def test_takes_the_lowest_sample(self) -> None:
        assert chosen("first", "abb", [0.1, 0.9, 0.9]) == 0

    def test_of_one_sample_without_an_answer_is_nothing(self) -> None:
        assert chosen("first", "-bb", [0.1, 0.9, 0.9]) is None


class TestMajorityVote:
    def test_takes_the_largest_cluster_and_its_best_candidate(self) -> None:
        assert chosen("maj1", "abbab", [0.9, 0.2, 0.3, 0.9, 0.1]) == 2

    def test_needs_no_scores(self) -> None:
        assert chosen("maj1", "abbab", NO_SCORES) == 1

    def test_a_tie_goes_to_the_summed_score(self) -> None:
        assert chosen("maj1", "aabb", [0.4, 0.3, 0.7, 0.1]) == 2

    def test_then_to_the_lowest_sample(self) -> None:
        assert chosen("maj1", "baab", [0.5, 0.3, 0.4, 0.2]) == 0
        assert chosen("maj1", "-baab", NO_SCORES) == 1

    def test_decimal_sums_tie_where_floats_would_not(self) -> None:
        assert 0.1 + 0.2 != 0.3 + 0.0
        assert chosen("maj1", "abba", [0.3, 0.1, 0.2, 0.0]) == 0

    def test_no_answer_does_not_win_by_numbers(self) -> None:
        assert chosen("maj1", "---a-", NO_SCORES) == 3


class TestBestScore:
    def test_takes_the_highest_score(self) -> None:
        assert chosen("rr.all", "aaab", [0.6, 0.7, 0.8, 0.9]) == 3

    def test_a_tie_goes_to_the_lowest_sample(self) -> None:
        assert chosen("rr.all", "abb", [0.3, 0.9, 0.9]) == 1
        assert chosen("rr.all", "bab", [0.3, 0.9, 0.9]) == 1

    def test_passes_over_no_answer_and_no_score(self) -> None:
        assert chosen("rr.all", "-ab", [1.0, None, 0.1]) == 2


class TestBestScoreOfLargest:
    def test_keeps_the_k_largest(self) -> None:
        scores: list[float | None] = [0.1, 0.2, 0.3, 0.5, 0.6, 0.9]
        assert [chosen("rr.majk", "aaabbc", scores, k=k) for k in (1, 2, 3, 9)] == [2, 4, 5, 5]

    def test_the_last_place_goes_to_the_larger_summed_score(self) -> None:
        assert chosen("rr.majk", "aaabbcc", [0.1, 0.1, 0.1, 0.9, 0.0, 0.6, 0.6], k=2) == 5


class TestWeightedVote:
    def test_takes_the_largest_summed_score(self) -> None:
        assert chosen("w.rr", "aaab", [0.2, 0.1, 0.3, 0.7]) == 3
        assert chosen("w.rr", "aaab", [0.2, 0.1, 0.5, 0.7]) == 2

    def test_a_tie_goes_to_the_larger_cluster(self) -> None:
        assert chosen("w.rr", "abb", [0.8, 0.4, 0.4]) == 1

    def test_then_to_the_lowest_sample(self) -> None:
        assert chosen("w.rr", "abab", [0.1, 0.2, 0.4, 0.3]) == 2

    def test_a_missing_score_adds_nothing(self) -> None:
        assert chosen("w.rr", "aaab", [None, None, 0.6, 0.7]) == 3

    def test_a_cluster_without_scores_is_not_ranked(self) -> None:
        assert chosen("w.rr", "aab", [None, None, 0.0]) == 2


class TestWeightedVoteOfLargest:
    def test_keeps_the_k_largest(self) -> None:
        scores: list[float | None] = [0.1, 0.2, 0.2, 0.3, 0.3, 0.9]
        assert [chosen("w.rr.majk", "aaabbc", scores, k=k) for k in (1, 2, 3)] == [1, 3, 5]


class TestMajorityVoteOfBest:
    def test_only_the_best_scored_vote(self) -> None:
        scores: list[float | None] = [0.1, 0.2, 0.3, 0.8, 0.7, 0.9]
        assert [chosen("maj1.topn", "aaabbc", scores, top_n=n) for n in (1, 2, 3, 6)] == [5, 5, 3, 2]

    def test_summed_score_and_first_sample_count_the_best_alone(self) -> None:
        # Of the best four two are a's (0.9 + 0.6) and two are b's (0.8 + 0.8): b, though all a's sum to more.
        assert chosen("maj1.topn", "ababa", [0.9, 0.8, 0.6, 0.8, 0.5], top_n=4) == 1

    def test_the_selection_has_the_whole_cluster(self) -> None:
        candidates = [Candidate(i, "1", s) for i, s in enumerate([0.9, 0.2, 0.1])]
        selection = select("maj1.topn", candidates, [0, 0, 0], top_n=1)
        assert selection is not None
        assert len(selection.cluster) == 3

    def test_the_last_vote_goes_to_the_lowest_of_tied_samples(self) -> None:
        assert chosen("maj1.topn", "abba", [0.5, 0.5, 0.5, 0.5], top_n=3) == 1

    def test_who_has_no_score_has_no_vote(self) -> None:
        assert chosen("maj1.topn", "aab", [None, None, 0.1], top_n=3) == 2


def test_refuses_an_unknown_strategy() -> None:
    with pytest.raises(InputError, match=r"expected a strategy out of first, maj1, .*; got 'maj2'"):
        select("maj2", [], [])


@pytest.mark.parametrize("option", ["k", "top_n"])
def test_refuses_a_parameter_below_one(option: str) -> None:
    with pytest.raises(InputError, match=f"`{option}` must be at least 1; got 0"):
        select("maj1", [], [], **{option: 0})
