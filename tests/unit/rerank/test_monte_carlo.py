import numpy as np
import pytest

from rerank import monte_carlo
from rerank.ballots import Ballot
from rerank.monte_carlo import Means, mean_outcomes
from rerank.outcomes import Measure

METRICS = [Measure("w.rr", None), Measure("majk", 2), Measure("maj1.topn", 3)]


def ballots(num_problems: int, num_samples: int) -> list[Ballot]:
    stream = np.random.default_rng(0)
    found = []
    for i in range(num_problems):
        labels = stream.integers(0, 4 + i % 3, num_samples)
        labels[:1] = 0
        scores = stream.random(num_samples)
        found.append(Ballot(f"p{i}", labels, scores, np.bincount(labels, minlength=4 + i % 3), 0))
    return found


def draw(given: list[Ballot], n: int, *, tolerance: float = 0.01, seed: int = 0) -> Means:
    wanted = np.ones((len(given), len(METRICS)), dtype=bool)
    return mean_outcomes(given, n, METRICS, wanted_PM=wanted, seed=seed, tolerance=tolerance)


def test_the_size_of_a_batch_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ballots(5, 10)
    together = draw(given, 4)
    monkeypatch.setattr(monte_carlo, "BATCH_CELLS", 100)
    apart = draw(given, 4)
    np.testing.assert_allclose(together.values, apart.values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(together.variances, apart.variances, rtol=0, atol=1e-12)


@pytest.mark.parametrize("tolerance", [0.02, 0.005])
def test_draws_until_the_tolerance_holds(tolerance: float) -> None:
    means = draw(ballots(3, 12), 5, tolerance=tolerance)
    errors = np.sqrt(means.variances.sum(axis=0)) / 3
    assert (errors < tolerance).all()
    assert errors.max() > tolerance / 4


def test_the_standard_error_is_that_of_repeated_runs() -> None:
    given = ballots(1, 9)
    runs = [draw(given, 4, tolerance=0.03, seed=seed) for seed in range(60)]
    spread = np.std([run.values[0] for run in runs], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([run.variances[0] for run in runs], axis=0))
    # The spread of 60 runs is known to about a tenth.
    np.testing.assert_allclose(spread, claimed, rtol=0.35)


def test_what_is_not_wanted_is_not_drawn() -> None:
    given = ballots(2, 8)
    wanted = np.array([[True, False, False], [False, False, False]])
    means = mean_outcomes(given, 4, METRICS, wanted_PM=wanted, seed=0, tolerance=0.01)
    assert means.values[0, 0] > 0
    assert not means.values[~wanted].any()
    assert not means.variances[~wanted].any()


def test_an_order_gives_disjoint_subsets() -> None:
    drawn = monte_carlo._draw(np.random.default_rng(0), 10, 3, 50)
    assert drawn.shape == (150, 3)
    for order in drawn.reshape(50, 9):
        assert len(set(order.tolist())) == 9
        assert set(order.tolist()) <= set(range(10))


def test_streams_differ_by_seed_problem_and_n() -> None:
    keys = [(0, "p", 1), (1, "p", 1), (0, "q", 1), (0, "p", 2), (0, "1\np", 1)]
    assert len({monte_carlo._stream(*key).random() for key in keys}) == len(keys)
