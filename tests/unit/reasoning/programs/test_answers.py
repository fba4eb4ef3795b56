"""Answers of programs as text."""

import pytest

from reasoning.programs.answers import answer_text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (7, "7"),
        (-(10**30), "-1" + "0" * 30),
        (100.0, "100"),
        (0.1 + 0.2, "0.3"),
        (2 / 3, "0.666666667"),
        (-0.0, "0"),
        (1e21, "1" + "0" * 21),
        (1.5e-7, "0.00000015"),
        (123456789.4, "123456789"),
    ],
)
def test_answer_text(answer: float, text: str) -> None:
    assert answer_text(answer) == text
