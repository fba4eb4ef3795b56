"""Which lines of a solution are still right."""

from fractions import Fraction

import pytest

from evaluator.data import Group, Sampled
from evaluator.steps import calculated, step_labels, with_steps

REFERENCE = "110 - 14 = 96\n96 + 53 = 149\n#### 149"


@pytest.mark.parametrize(
    ("solution", "is_correct", "expected"),
    [
        (REFERENCE, True, (True, True, True)),
        ("110 - 14 = 94\n94 + 53 = 147\n#### 147", False, (False, False, False)),
        ("110 - 14 = 96\n96 + 53 = 139\n#### 139", False, (True, False, False)),
        (
            "110 - 14 = 95\n96 + 53 = 149\n#### 149",
            True,
            (False, False, True),
        ),  # wrong stays wrong; the answer is right
        ("110 + 53 = 163\n163 - 14 = 149\n#### 149", True, (False, False, True)),  # another way
        ("110 - 14 = 96\n\n110 - 14 = 96\n#### 96", False, (True, False, False)),  # each value as often as there
        ("First the spoons.\n110 - 14 = 96", False, (True, True)),  # cut off: right so far
        ("", False, ()),
    ],
)
def test_lines(solution: str, is_correct: bool, expected: tuple[bool, ...]) -> None:
    assert step_labels(solution, REFERENCE, is_correct=is_correct) == expected


def test_fine_style() -> None:
    reference = "marbles in the boxes: 36 * 20 = 720\n36 * 4 = 144\n720 + 144 = 864\n#### 864"
    slip = reference.replace("144", "142").replace("864", "862")
    assert step_labels(slip, reference, is_correct=False) == (True, False, False, False)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("3 * 2 = 6", Fraction(6)),
        ("3 * 2 = <<3*2=6>>6 pens", Fraction(6)),
        ("a = b = 1,200.50", Fraction("1200.5")),
        ("1 / 2 = 1/2", Fraction(1, 2)),
        ("x = -4", Fraction(-4)),
        ("1 / 0 = 1/0", None),
        ("#### 6", None),
        ("so it goes", None),
    ],
)
def test_calculated(line: str, value: Fraction | None) -> None:
    assert calculated(line) == value


def test_with_steps_keeps_labels_that_are_there() -> None:
    mine = Sampled("1 + 1 = 3", False, steps=(True,))
    group = Group("a", "?", (mine, Sampled("110 - 14 = 96", False)))
    (labelled,) = with_steps([group], {"a": REFERENCE})
    assert [candidate.steps for candidate in labelled.candidates] == [(True,), (True,)]
    assert with_steps([group], {}) == [group]
