import numpy as np
import pytest

from reasoning.errors import InputError
from rerank.intervals import bootstrap_interval, interval, intervals, wilson_interval


class TestWilson:
    @pytest.mark.parametrize(
        ("num_correct", "num_total", "low", "high"),
        # Newcombe 1998, table I, method 3.
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_published_numbers(self, num_correct: int, num_total: int, low: float, high: float) -> None:
        assert wilson_interval(num_correct, num_total) == pytest.approx((low, high), abs=5e-5)

    def test_is_not_empty_at_the_ends(self) -> None:
        assert wilson_interval(0, 500)[0] == 0.0
        assert 0 < wilson_interval(0, 500)[1] < 0.01
        assert 0.99 < wilson_interval(500, 500)[0] < 1
        assert wilson_interval(500, 500)[1] == 1.0

    def test_more_confidence_is_wider(self) -> None:
        low, high = wilson_interval(30, 100)
        lower, higher = wilson_interval(30, 100, confidence=0.99)
        assert lower < low < high < higher

    @pytest.mark.parametrize(("num_correct", "num_total"), [(-1, 3), (4, 3), (0, 0)])
    def test_refuses_what_is_no_proportion(self, num_correct: int, num_total: int) -> None:
        with pytest.raises(InputError, match="num_correct"):
            wilson_interval(num_correct, num_total)


class TestBootstrap:
    values = np.random.default_rng(0).beta(0.5, 0.5, 400)

    def test_is_about_two_standard_errors(self) -> None:
        low, high = bootstrap_interval(self.values)
        error = self.values.std(ddof=1) / 20
        assert low == pytest.approx(self.values.mean() - 1.96 * error, abs=0.2 * error)
        assert high == pytest.approx(self.values.mean() + 1.96 * error, abs=0.2 * error)

    def test_columns_are_each_the_interval_of_their_own(self) -> None:
        other = 1 - self.values**2
        lows, highs = bootstrap_interval(np.stack([self.values, other], axis=1))
        assert lows.shape == highs.shape == (2,)
        np.testing.assert_allclose((lows[1], highs[1]), bootstrap_interval(other), rtol=0, atol=1e-12)

    def test_same_seed_same_interval(self) -> None:
        assert bootstrap_interval(self.values, seed=3) == bootstrap_interval(self.values, seed=3)
        assert bootstrap_interval(self.values, seed=3) != bootstrap_interval(self.values, seed=4)

    def test_covers_the_truth_about_as_often_as_it_says(self) -> None:
        stream = np.random.default_rng(1)
        samples = stream.beta(0.5, 0.5, (60, 400))
        lows, highs = bootstrap_interval(samples, num_resamples=1000)
        assert 0.90 <= ((lows <= 0.5) & (highs >= 0.5)).mean() <= 0.99

    @pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
    def test_refuses_a_confidence_that_is_none(self, confidence: float) -> None:
        with pytest.raises(InputError, match="`confidence` must be between 0 and 1"):
            bootstrap_interval([0.1, 0.2], confidence=confidence)


class TestInterval:
    def test_zeros_and_ones_are_wilsons(self) -> None:
        found = interval([1.0] * 30 + [0.0] * 70)
        assert (found.low, found.high) == wilson_interval(30, 100)
        assert found.method == "wilson"

    def test_probabilities_are_bootstrapped(self) -> None:
        values = np.random.default_rng(0).random(50)
        found = interval(values)
        low, high = bootstrap_interval(values)
        assert (found.low, found.high) == (float(low), float(high))
        assert found.method == "bootstrap"

    @pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
    def test_equal_values_are_not_certain(self, value: float) -> None:
        found = interval([value] * 100)
        assert (found.low, found.high) == wilson_interval(100 * value, 100)
        assert found.high - found.low > 0.03

    def test_so_few_failures_that_resamples_miss_them_are_wilsons(self) -> None:
        values = [1.0] * 499 + [0.9]
        found = interval(values)
        assert found.method == "wilson"
        assert found.low < 0.995 < 0.9998 < found.high

    def test_several_columns_choose_for_themselves(self) -> None:
        values = np.random.default_rng(0).random(50)
        found = intervals(np.stack([values, values > 0.5, np.ones(50)], axis=1))
        assert [i.method for i in found] == ["bootstrap", "wilson", "wilson"]
        alone = interval(values)
        assert (found[0].low, found[0].high) == pytest.approx((alone.low, alone.high), abs=1e-12)

    @pytest.mark.parametrize("values", [[], [0.5, float("nan")], [0.5, 1.2], [[[0.5]]]])
    def test_refuses_what_is_no_probability_per_problem(self, values: list[float]) -> None:
        with pytest.raises(InputError, match="expected"):
            intervals(values)
