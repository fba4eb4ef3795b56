from itertools import product
from statistics import NormalDist

import numpy as np
import pytest

from reasoning.errors import InputError
from rerank.intervals import wilson_interval
from rerank.statistics import compare, holm, verdict


def outcomes(num_both: int, num_a: int, num_b: int, num_none: int) -> tuple[list[float], list[float]]:
    a = [1.0] * num_both + [1.0] * num_a + [0.0] * num_b + [0.0] * num_none
    b = [1.0] * num_both + [0.0] * num_a + [1.0] * num_b + [0.0] * num_none
    return a, b


class TestMcNemar:
    def test_by_hand(self) -> None:
        # 1 against 5 of six: 2 (C(6,0) + C(6,1)) / 2^6.
        found = compare(*outcomes(10, 1, 5, 4))
        assert found.p_value == pytest.approx(14 / 64)
        assert found.test == "mcnemar-exact"
        assert found.difference == pytest.approx(-4 / 20)
        assert found.low < found.difference < found.high

    def test_problems_that_both_solve_or_neither_do_not_matter_for_the_p_value(self) -> None:
        assert compare(*outcomes(0, 9, 2, 0)).p_value == compare(*outcomes(50, 9, 2, 70)).p_value

    def test_even_and_equal_outcomes_are_certain_ties(self) -> None:
        assert compare(*outcomes(5, 3, 3, 5)).p_value == 1.0
        assert compare(*outcomes(5, 0, 0, 5)).p_value == 1.0


class TestSignFlip:
    def test_few_differences_are_flipped_in_all_ways(self) -> None:
        a, b = np.array([0.9, 0.5, 0.75, 0.5, 0.3]), np.array([0.1, 0.25, 0.5, 0.5, 0.4])
        seen = abs((a - b).sum())
        ways = [abs(sum(s * d for s, d in zip(signs, a - b, strict=True))) for signs in product((1, -1), repeat=5)]
        found = compare(a, b)
        assert found.p_value == pytest.approx(np.mean([way >= seen - 1e-9 for way in ways]))
        assert found.test == "sign-flip-exact"

    def test_many_differences_are_flipped_at_random(self) -> None:
        stream = np.random.default_rng(0)
        a, b = stream.random(200), stream.random(200) + 0.05
        found = compare(a, b)
        z = (a - b).sum() / np.sqrt(((a - b) ** 2).sum())
        assert found.test == "sign-flip-monte-carlo"
        assert found.p_value == pytest.approx(2 * NormalDist().cdf(-abs(z)), abs=0.015)

    def test_drawn_flips_agree_with_all_flips(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = np.random.default_rng(2)
        a, b = stream.random(15), stream.random(15)
        exact = compare(a, b)
        monkeypatch.setattr("rerank.statistics.MAX_EXACT_DIFFERENCES", 0)
        drawn = compare(a, b)
        assert (exact.test, drawn.test) == ("sign-flip-exact", "sign-flip-monte-carlo")
        assert drawn.p_value == pytest.approx(exact.p_value, abs=0.03)

    def test_a_drawn_p_value_is_never_zero(self) -> None:
        found = compare(np.full(100, 0.9), np.linspace(0.0, 0.1, 100))
        assert found.p_value == 1 / 10_000

    def test_rounding_is_no_difference(self) -> None:
        a = np.random.default_rng(0).random(50)
        found = compare(a, a + 1e-15)
        assert (found.difference, found.p_value) == (0.0, 1.0)


class TestDifferenceInterval:
    def test_identical_outcomes_still_leave_room(self) -> None:
        found = compare(*outcomes(60, 0, 0, 40))
        reach = wilson_interval(0, 100)[1]
        assert (found.low, found.high) == (-reach, reach)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_one_and_the_same_difference_everywhere(self, sign: int) -> None:
        found = compare([sign * 1.0] * 10, [0.0] * 10) if sign > 0 else compare([0.0] * 10, [1.0] * 10)
        low, high = wilson_interval(10, 10)
        assert (found.low, found.high) == ((low, high) if sign > 0 else (-high, -low))

    def test_swapping_the_sides_mirrors_it(self) -> None:
        stream = np.random.default_rng(0)
        a, b = stream.random(80), stream.random(80)
        there, back = compare(a, b), compare(b, a)
        assert (there.difference, there.p_value) == (-back.difference, back.p_value)
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0.1, 0.2], [0.1], "the same problems on both sides"),
        ([], [], "at least one problem"),
        ([0.1, float("nan")], [0.1, 0.2], "NaN"),
    ],
)
def test_refuses_what_cannot_be_paired(a: list[float], b: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(a, b)


class TestHolm:
    def test_by_hand(self) -> None:
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    def test_is_at_most_one_and_keeps_the_order_given(self) -> None:
        assert holm([0.9, 0.001, 0.8]) == pytest.approx([1.0, 0.003, 1.0])

    def test_of_one_and_of_none(self) -> None:
        assert holm([0.2]) == [0.2]
        assert holm([]) == []


class TestVerdict:
    def test_says_better_or_worse_only_where_significant(self) -> None:
        better = compare(*outcomes(50, 20, 2, 28))
        worse = compare(*outcomes(50, 2, 20, 28))
        assert verdict(better, better.p_value) == "better"
        assert verdict(worse, worse.p_value) == "worse"
        assert verdict(better, 0.05) == "tied"
        assert verdict(better, 0.05, alpha=0.1) == "better"

    def test_no_difference_is_a_tie(self) -> None:
        assert verdict(compare([0.5, 0.5], [0.5, 0.5]), 0.0) == "tied"


def test_false_alarms_are_as_rare_as_they_should_be() -> None:
    stream = np.random.default_rng(0)
    p_values = [compare(stream.random(40).round(1), stream.random(40).round(1)).p_value for _ in range(200)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.085  # 0.05 and two standard errors
