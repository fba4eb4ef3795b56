import math
from fractions import Fraction
from math import comb

import numpy as np
import pytest

from reasoning.errors import InputError
from rerank.exact import _quadrature, maj1_at_k, maj1_curve, rr_all_at_k, rr_all_curve


class TestMaj1:
    def test_one_sample_is_the_share_of_correct_ones(self) -> None:
        assert maj1_at_k([3, 2, 1], 0, 1, num_unextracted=2) == pytest.approx(3 / 8, abs=1e-15)

    def test_all_samples_are_the_vote(self) -> None:
        assert maj1_at_k([3, 2, 1], 0, 6) == 1.0
        assert maj1_at_k([3, 2, 1], 1, 6) == 0.0

    def test_by_hand(self) -> None:
        # Three of a a b: {a a b} once. Two: {a a} wins, {a b} twice splits.
        assert maj1_at_k([2, 1], 0, 2) == pytest.approx((1 + 0.5 + 0.5) / 3, abs=1e-15)
        assert maj1_at_k([2, 1], 1, 2) == pytest.approx((0.5 + 0.5) / 3, abs=1e-15)

    @pytest.mark.parametrize("num_tied", [2, 3, 7, 64, 256, 1024])
    def test_tied_clusters_win_equally_often(self, num_tied: int) -> None:
        curve = maj1_curve([1] * num_tied, 0)
        np.testing.assert_allclose(curve, 1 / num_tied, rtol=0, atol=1e-12)

    def test_only_unextracted_samples_are_wrong(self) -> None:
        assert maj1_at_k([1], 0, 1, num_unextracted=3) == 0.25
        assert maj1_at_k([1], 0, 4, num_unextracted=3) == 1.0

    def test_no_correct_cluster(self) -> None:
        assert maj1_curve([2, 1], None).tolist() == [0.0, 0.0, 0.0]
        assert maj1_curve([], None, num_unextracted=2).tolist() == [0.0, 0.0]
        assert maj1_curve([0, 2], 0).tolist() == [0.0, 0.0]

    def test_two_clusters_at_a_thousand_samples(self) -> None:
        curve = maj1_curve([520, 504], 0)
        for k in (1, 2, 31, 512, 513, 1000, 1023, 1024):
            assert curve[k - 1] == pytest.approx(float(two_clusters(520, 504, k)), abs=1e-12)

    def test_curve_is_all_k_and_read_only(self) -> None:
        curve = maj1_curve([3, 2], 0, num_unextracted=1)
        assert [maj1_at_k([3, 2], 0, k, num_unextracted=1) for k in range(1, 7)] == curve.tolist()
        with pytest.raises(ValueError, match="read-only"):
            curve[0] = 1.0

    @pytest.mark.parametrize("degree", [1, 2, 10, 100, 255, 1023])
    def test_quadrature_integrates_powers(self, degree: int) -> None:
        nodes, weights = _quadrature(degree)
        powers = np.arange(degree + 1)
        np.testing.assert_allclose(weights @ nodes[:, None] ** powers, 1 / (powers + 1), rtol=0, atol=1e-14)

    def test_refuses_what_is_out_of_range(self) -> None:
        with pytest.raises(InputError, match=r"`k` must be at most the number of samples \(3\); got 4\."):
            maj1_at_k([2, 1], 0, 4)
        with pytest.raises(InputError, match="`k` must be at least 1; got 0"):
            maj1_at_k([2, 1], 0, 0)
        with pytest.raises(InputError, match="one of 2 clusters; got 2"):
            maj1_at_k([2, 1], 2, 1)
        with pytest.raises(InputError, match="at least 0"):
            maj1_at_k([2, -1], 0, 1)
        with pytest.raises(InputError, match="at most 1024 samples; got 1025"):
            maj1_at_k([1000, 25], 0, 1)


class TestRrAll:
    def test_by_hand(self) -> None:
        # Two of wrong .9, right .8, right .1: only {.8, .1} lacks the wrong best one.
        assert rr_all_at_k([0.9, 0.8, 0.1], [False, True, True], 2) == pytest.approx(1 / 3, abs=1e-15)

    def test_ties_are_split(self) -> None:
        assert rr_all_at_k([0.9, 0.9, 0.9, 0.1], [True, False, False, True], 4) == pytest.approx(1 / 3)

    def test_who_is_not_ranked_takes_a_place_and_never_wins(self) -> None:
        assert rr_all_at_k([None, 0.5], [True, True], 1) == 0.5
        assert rr_all_at_k([None, 0.5], [True, False], 2) == 0.0
        assert rr_all_at_k([None, None], [True, True], 2) == 0.0

    def test_all_correct_is_certain(self) -> None:
        assert rr_all_curve([0.1 * i for i in range(10)], [True] * 10, range(1, 11)).tolist() == [1.0] * 10

    def test_at_a_thousand_samples(self) -> None:
        scores = [i / 1024 for i in range(1024)]
        correct = [i % 3 == 0 for i in range(1024)]
        k = 100
        exact = sum(Fraction(comb(i, k - 1), comb(1024, k)) for i in range(1024) if correct[i])
        assert rr_all_at_k(scores, correct, k) == pytest.approx(float(exact), abs=1e-12)

    @pytest.mark.parametrize("score", [-0.1, 1.1, math.nan, math.inf])
    def test_refuses_scores_that_are_no_probabilities(self, score: float) -> None:
        with pytest.raises(InputError, match=r"expected scores in \[0, 1\] or None; got"):
            rr_all_at_k([0.5, score], [True, True], 1)

    def test_refuses_what_is_out_of_range(self) -> None:
        with pytest.raises(InputError, match=r"at most the number of samples \(1\); got 2"):
            rr_all_at_k([0.5], [True], 2)
        with pytest.raises(InputError, match="one `correct` per score"):
            rr_all_at_k([0.5], [True, False], 1)


def two_clusters(size: int, rival: int, k: int) -> Fraction:
    """The majority of k of two clusters, in rationals."""
    ways = Fraction(0)
    for votes in range(max(0, k - rival), min(size, k) + 1):
        share = Fraction(1) if votes > k - votes else Fraction(1, 2) if 2 * votes == k else Fraction(0)
        ways += comb(size, votes) * comb(rival, k - votes) * share
    return ways / comb(size + rival, k)
