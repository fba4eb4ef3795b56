"""Maps from scores to probabilities, and thresholds that keep a risk."""

import itertools
import math

import numpy as np
import pytest

from evaluator.abstention import fewest_answers, find_threshold, upper_bound
from evaluator.calibration import (
    EvaluatorCalibration,
    ScoreMap,
    calibration_of,
    fit,
    fit_isotonic,
    fit_temperature,
)
from reasoning.errors import InputError
from reasoning.model_folder import ModelCard


def overconfident(num_samples: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores whose logits are three times too large; the probabilities behind them; whether each is correct."""
    stream = np.random.default_rng(0)
    logits = stream.normal(size=num_samples)
    probabilities = 1 / (1 + np.exp(-logits))
    return 1 / (1 + np.exp(-3 * logits)), probabilities, stream.random(num_samples) < probabilities


def test_temperature_is_found() -> None:
    scores, _, correct = overconfident()
    assert fit_temperature(scores, correct).temperature == pytest.approx(3.0, rel=0.1)


def test_temperature_by_hand() -> None:
    # Scores of 0.9 (logit ln 9) of which 3 in 4 are correct (logit ln 3): ln 9 / T = ln 3, so T = 2.
    fitted = fit_temperature(np.array([0.9] * 4), np.array([True, True, True, False]))
    assert fitted.temperature == pytest.approx(2.0, rel=1e-4)
    assert fitted(0.9) == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_maps_rise_within_the_unit_interval_and_fit_better(method: str) -> None:
    scores, probabilities, correct = overconfident()
    fitted = fit(method, scores, correct)  # type: ignore[arg-type]
    grid = [fitted(score) for score in np.linspace(0, 1, 201)]
    assert all(0 <= a <= b <= 1 for a, b in itertools.pairwise(grid))
    mapped = np.array([fitted(score) for score in scores.tolist()])
    assert np.abs(mapped - probabilities).mean() < 0.25 * np.abs(scores - probabilities).mean()
    assert math.isnan(fitted(math.nan))


def test_isotonic_by_hand() -> None:
    # 0.2 and 0.4 are in the wrong order and share their mean.
    fitted = fit_isotonic(np.array([0.1, 0.2, 0.4, 0.9]), np.array([False, True, False, True]))
    assert [fitted(score) for score in (0.0, 0.1, 0.2, 0.3, 0.4, 0.9, 1.0)] == [0, 0, 0.5, 0.5, 0.5, 1, 1]


def test_scores_that_are_no_better_than_chance() -> None:
    fitted = fit_temperature(np.array([0.9, 0.1] * 50), np.array([True] * 50 + [False] * 50))
    assert fitted(0.9) == pytest.approx(0.5, abs=0.05)


def test_one_kind_of_sample_cannot_be_fitted() -> None:
    with pytest.raises(InputError, match="expected correct and incorrect samples to calibrate on, found 2"):
        fit("temperature", np.array([0.5, 0.6]), np.array([True, True]))


def test_card_round_trip() -> None:
    calibration = EvaluatorCalibration(
        scores=ScoreMap(method="isotonic", scores=(0.1, 0.9), probabilities=(0.2, 0.7)), num_problems=40
    )
    card = ModelCard(kind="evaluator", calibration=calibration.model_dump(mode="json"))
    assert calibration_of(card, name="x") == calibration
    assert calibration_of(ModelCard(kind="evaluator"), name="x") is None
    assert calibration_of(None, name="x") is None


@pytest.mark.parametrize(
    "scores",
    [
        {"method": "temperature"},
        {"method": "isotonic", "scores": [0.1], "probabilities": []},
        {"method": "isotonic", "temperature": 1.0},
        {"method": "magic", "temperature": 1.0},
        {"method": "temperature", "temperature": -1.0},
    ],
)
def test_a_card_that_somebody_changed(scores: dict[str, object]) -> None:
    card = ModelCard(kind="evaluator", calibration={"scores": scores, "num_problems": 1})
    with pytest.raises(InputError, match=r"^x: calibration\.scores.*calibrate the evaluator again"):
        calibration_of(card, name="x")


def test_clopper_pearson() -> None:
    # No error among n: the bound b solves (1 - b) ** n = 0.05.
    assert upper_bound(0, 10, 0.95) == pytest.approx(1 - 0.05 ** (1 / 10))
    assert upper_bound(10, 10, 0.95) == 1.0
    assert upper_bound(1, 20, 0.95) == pytest.approx(0.21611, abs=1e-5)  # tables: 21.6%


def test_the_strictest_threshold_could_pass_with_errors() -> None:
    fewest = fewest_answers(0.1, 0.95)
    assert upper_bound(int(fewest * 0.05), fewest, 0.95) <= 0.1
    assert fewest >= math.log(0.05) / math.log(0.9)


def test_a_perfect_judge_answers_all() -> None:
    confidence = np.linspace(0, 1, 200)
    found = find_threshold(confidence, np.zeros(200, dtype=bool), risk=0.1)
    assert found.min_confidence == 0.0
    assert found.coverage == 1.0
    assert found.bound is not None
    assert found.bound <= 0.1


def test_errors_below_a_confidence_are_not_answered() -> None:
    confidence = np.linspace(0, 1, 1000)
    found = find_threshold(confidence, confidence < 0.5, risk=0.1)
    assert found.min_confidence is not None
    assert 0.42 < found.min_confidence <= 0.5
    assert found.num_wrong / found.num_answered <= 0.1


def test_no_threshold_where_none_can_be_shown() -> None:
    assert find_threshold(np.linspace(0, 1, 10), np.zeros(10, dtype=bool), risk=0.1).min_confidence is None
    assert find_threshold(np.linspace(0, 1, 500), np.ones(500, dtype=bool), risk=0.1).min_confidence is None
    assert find_threshold(np.empty(0), np.empty(0, dtype=bool), risk=0.1).min_confidence is None


def test_equal_confidences_are_answered_together() -> None:
    found = find_threshold(np.array([0.9] * 300 + [0.1] * 300), np.array([False] * 300 + [True] * 300), risk=0.1)
    assert (found.min_confidence, found.num_answered) == (0.9, 300)


def test_the_guarantee_holds() -> None:
    """Over many draws, the true risk is above the accepted one in at most 5% of them (and a little chance)."""
    stream = np.random.default_rng(0)
    num_broken = num_found = 0
    for _ in range(400):
        confidence = stream.random(300)
        wrong = stream.random(300) < 0.25 * (1 - confidence)  # among those above t: a risk of (1 - t) / 8
        found = find_threshold(confidence, wrong, risk=0.1, guarantee=0.95)
        if found.min_confidence is not None:
            num_found += 1
            num_broken += (1 - found.min_confidence) / 8 > 0.1
    assert num_found > 200
    assert num_broken <= 0.05 * 400 + 2 * math.sqrt(400 * 0.05 * 0.95)


@pytest.mark.parametrize(("risk", "guarantee"), [(0.0, 0.9), (1.0, 0.9), (0.1, 1.0), (math.nan, 0.9)])
def test_a_risk_is_a_share(risk: float, guarantee: float) -> None:
    with pytest.raises(InputError, match="expected a risk and a guarantee between 0 and 1"):
        find_threshold(np.array([0.5]), np.array([True]), risk=risk, guarantee=guarantee)
