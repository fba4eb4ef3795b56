import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.errors import InputError
from reasoning.formats.options import StepScore
from reasoning.formats.scores import Range, Scores, as_probability, sigmoid


@pytest.mark.parametrize(
    ("how", "steps", "expected"),
    [
        ("last", [0.9, 0.5, 0.8], 0.8),
        ("min", [0.9, 0.5, 0.8], 0.5),
        ("prod", [0.9, 0.5, 0.8], 0.36),
        ("min", [], None),
        ("last", [], None),
        ("last", [math.nan, 0.4], 0.4),
    ],
)
def test_steps_become_one_score(how: StepScore, steps: list[float | None], expected: float | None) -> None:
    assert Scores(step_score=how, transform=as_probability)(steps) == pytest.approx(expected)


@pytest.mark.parametrize("how", ["min", "prod"])
@pytest.mark.parametrize("steps", [[0.1, math.nan], [math.nan, 0.1], [None, 0.1]])
def test_a_missing_step_is_a_missing_score(how: StepScore, steps: list[float | None]) -> None:
    score = Scores(step_score=how, transform=as_probability)(steps)
    assert score is not None
    assert math.isnan(score)


def test_two_logits_whose_product_looks_like_a_probability_are_refused() -> None:
    with pytest.raises(ValueError, match=r"scores in \[0, 1\], found -0.5; .*--score-transform sigmoid"):
        Scores(step_score="prod", transform=as_probability)([-0.5, -0.4])


def test_the_transform_comes_before_the_product() -> None:
    assert Scores(step_score="prod", transform=sigmoid)([0.0, 0.0]) == 0.25


@given(st.floats(-1e4, 1e4))
def test_sigmoid_is_a_probability_and_symmetric(logit: float) -> None:
    assert 0.0 <= sigmoid(logit) <= 1.0
    assert sigmoid(-logit) == pytest.approx(1.0 - sigmoid(logit))


def test_range_scales_between_what_it_saw() -> None:
    seen = Range()
    for score in (-2.0, 6.0, 0.0):
        seen(score)
    assert [seen.scaled(score) for score in (-2.0, 0.0, 6.0)] == [0.0, 0.25, 1.0]
    with pytest.raises(ValueError, match="finite"):
        seen(math.inf)


def test_one_score_is_no_range() -> None:
    seen = Range()
    seen(3.0)
    with pytest.raises(InputError, match=r"two different scores, found only 3\.0"):
        seen.scaled(3.0)
