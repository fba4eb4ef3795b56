import numpy as np
import pytest

from rerank.ballots import Ballot
from rerank.monte_carlo import _subsets
from rerank.outcomes import Measure, Subsets, depends_on_order, outcomes, units_per_score


def subset(votes: str, scores: list[float], *, correct: str = "a") -> Subsets:
    """One subset in the order given; one letter per candidate, "-" no answer, a score below 0 none."""
    letters = sorted({v for v in votes if v != "-"})
    labels = np.array([letters.index(v) if v != "-" else len(letters) for v in votes])
    given = np.array([s if s >= 0 and v != "-" else np.nan for v, s in zip(votes, scores, strict=True)])
    sizes = np.bincount(labels, minlength=len(letters) + 1)[:-1]
    return _subsets([Ballot("p", labels, given, sizes, letters.index(correct))], [np.arange(len(votes))[None]])


def outcome(name: str, k: int | None, votes: str, scores: list[float]) -> float:
    return float(outcomes(subset(votes, scores), [Measure(name, k)])[0, 0])


class TestOutcomes:
    def test_majk_splits_ties_evenly(self) -> None:
        # b is larger; a, c and d share the two places that are left of three.
        assert outcome("majk", 3, "bbacd-", [0.0] * 6) == pytest.approx(2 / 3)
        assert [outcome("majk", k, "bbacd-", [0.0] * 6) for k in (1, 4)] == [0.0, 1.0]

    def test_rr_majk_loses_to_a_better_one_only_once_it_is_let_in(self) -> None:
        scores = [0.1, 0.1, 0.1, 0.4, 0.5, 0.9]
        assert [outcome("rr.majk", k, "bbbaac", scores) for k in (1, 2, 3)] == [0.0, 1.0, 0.0]

    def test_w_rr_majk_loses_to_a_heavier_one_only_once_it_is_let_in(self) -> None:
        scores = [0.1, 0.1, 0.1, 0.2, 0.3, 0.9]
        assert [outcome("w.rr.majk", k, "bbbaac", scores) for k in (1, 2, 3)] == [0.0, 1.0, 0.0]

    def test_who_has_no_score_is_never_ranked(self) -> None:
        assert outcome("w.rr", None, "ab", [-1, 0.0]) == 0.0
        assert outcome("w.rr", None, "ab", [0.0, -1]) == 1.0
        assert outcome("maj1.topn", 3, "aab", [-1, -1, 0.1]) == 0.0

    def test_a_high_score_without_an_answer_takes_no_place_among_the_best(self) -> None:
        assert outcome("maj1.topn", 1, "-a", [1.0, 0.1]) == 1.0

    def test_what_still_ties_goes_to_the_first_position(self) -> None:
        for name, k in (("w.rr", None), ("rr.majk", 1), ("rr.majk", 2), ("w.rr.majk", 1), ("maj1.topn", 1)):
            assert outcome(name, k, "ab", [0.5, 0.5]) == 1.0
            assert outcome(name, k, "ba", [0.5, 0.5]) == 0.0


class TestDependsOnOrder:
    @pytest.mark.parametrize(
        ("name", "k", "votes", "scores", "depends"),
        [
            ("w.rr", None, "ab", [0.5, 0.5], True),
            ("w.rr", None, "aab", [0.2, 0.3, 0.5], False),  # a is larger
            ("w.rr", None, "abc", [0.9, 0.1, 0.1], False),  # only losers tie
            ("rr.majk", 1, "ab", [0.5, 0.5], True),
            ("rr.majk", 1, "aab", [0.5, 0.4, 0.6], False),
            ("rr.majk", 2, "aabb", [0.5, 0.4, 0.5, 0.3], True),
            ("w.rr.majk", 1, "abb", [0.5, 0.1, 0.1], False),
            ("w.rr.majk", 2, "aabc", [0.5, 0.4, 0.3, 0.3], True),
            ("maj1.topn", 1, "aabb", [0.5, 0.4, 0.5, 0.3], True),
            ("maj1.topn", 2, "aab", [0.5, 0.4, 0.3], False),
            ("maj1.topn", 2, "ab", [0.5, 0.4], False),
            ("majk", 1, "ab", [0.5, 0.5], False),  # its ties are split within the outcome
        ],
    )
    def test_where_ties_decide(self, name: str, k: int | None, votes: str, scores: list[float], depends: bool) -> None:
        assert depends_on_order(subset(votes, scores), [Measure(name, k)]).tolist() == [[depends]]


@pytest.mark.parametrize("num_samples", [1, 64, 1024, 10_000, 100_000])
def test_keys_fit_in_63_bits(num_samples: int) -> None:
    units = units_per_score(num_samples)
    assert units >= 100
    largest_sum = num_samples * units
    assert (num_samples * (largest_sum + 1) + largest_sum + 1) * num_samples < 2**63


def test_up_to_a_thousand_samples_sums_are_compared_to_nine_decimals() -> None:
    assert units_per_score(1024) == 10**9
