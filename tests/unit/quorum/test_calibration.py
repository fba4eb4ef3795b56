"""Calibrating choices: shares become probabilities, and thresholds keep the risks that they state."""

import random

import pytest

from quorum.calibration import FEWEST_PROBLEMS, calibrate
from reasoning.errors import InputError
from reasoning.types import Candidate, Problem
from rerank.grading import GradedProblem


def problem(number: int, *, share: float) -> GradedProblem:
    """Ten samples of two answers; the first, correct with the chance `share`, has that share of the samples."""
    stream = random.Random(number)
    labels = tuple(int(i >= 10 * share) for i in range(10))
    correct = 0 if stream.random() < share else 1
    candidates = tuple(
        Candidate(i, str(label), score=min(0.99, max(0.01, 0.5 + (label == correct) * 0.2 + stream.gauss(0, 0.2))))
        for i, label in enumerate(labels)
    )
    return GradedProblem(Problem(f"p-{number}", "?", "0"), candidates, labels, correct)


PROBLEMS = [problem(i, share=(0.6, 0.7, 0.9)[i % 3]) for i in range(600)]


def test_confidence_is_the_chance_to_be_right() -> None:
    found = calibrate(PROBLEMS, files=["a.jsonl"])
    vote = found.choices["maj1"]
    assert (vote.num_samples, vote.k) == (10, None)
    for share in (0.6, 0.7, 0.9):
        assert vote.confidence(share) == pytest.approx(share, abs=0.12)
    assert found.choices["w.rr.majk"].k == 8
    assert found.choices["maj1.topn"].k is not None
    assert found.num_problems == 600
    assert found.files == ("a.jsonl",)
    assert found.figures["calibrated"]["ece"] <= found.figures["raw"]["ece"] + 0.02
    assert found.figures["calibrated"]["auroc_within"] == pytest.approx(found.figures["raw"]["auroc_within"])


def test_a_stated_risk_is_kept_on_new_problems() -> None:
    (threshold,) = calibrate(PROBLEMS, risks=[0.25]).choices["maj1"].thresholds
    assert threshold.min_confidence is not None
    assert 0.2 < threshold.coverage < 1.0
    assert threshold.bound is not None
    assert threshold.bound <= 0.25


def test_a_strategy_that_is_always_right() -> None:
    sure = [problem(i, share=1.0) for i in range(200)]
    mixed = [p if i % 20 else problem(i, share=0.6) for i, p in enumerate(sure)]
    assert calibrate(mixed, risks=[0.2]).choices["maj1"].thresholds[0].coverage > 0.9


def test_too_few_problems() -> None:
    with pytest.raises(InputError, match=f"expected at least {FEWEST_PROBLEMS} problems to calibrate on, found 3"):
        calibrate(PROBLEMS[:3])
