"""Grading the samples of a round: texts by their answers, programs by what they compute, code by its tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from generator.self_training.recipe import Grading
from reasoning.answers import Grade, grade
from reasoning.errors import InputError
from reasoning.formats import Row
from reasoning.problems import ProblemRow
from reasoning.programs import execute_many
from reasoning.programs.answers import answer_text
from reasoning.programs.sandbox import passes_tests

PASSED, FAILED = "passed", "failed"
TESTS = "tests"  # the field of a problem row that has its unit tests


def graded_rows(rows: Sequence[Row], grading: Grading, problems: Mapping[str, ProblemRow]) -> list[Row]:
    """The rows with predicted answers and gradings, in the same order.

    A program's answer is what it computes; it is graded like any other. The answer of tested code is `passed` or
    `failed`, and `passed` is expected, so that a report reads it like any other.

    Args:
        rows: as sampled; for `text` they are graded already and returned as they are.
        grading: how.
        problems: by id; needed for tests.

    Raises:
        InputError: tests are asked for and a problem has none, or bubblewrap is missing.
    """
    if grading == "text":
        return list(rows)
    if grading == "tests":
        return [_tested(row, problems) for row in rows]
    done = execute_many([row.generation for row in rows])
    return [
        _with_answer(row, None if execution.answer is None else answer_text(execution.answer))
        for row, execution in zip(rows, done, strict=True)
    ]


def _with_answer(row: Row, answer: str | None) -> Row:
    expected = row.expected_answer
    is_correct = None if expected is None else grade(candidate=answer, expected=expected) is Grade.EQUAL
    return _with(row, predicted_answer=answer, symbolic_correct=is_correct)


def _tested(row: Row, problems: Mapping[str, ProblemRow]) -> Row:
    tests = (problems[row.id].model_extra or {}).get(TESTS)
    if not isinstance(tests, str) or not tests.strip():
        raise InputError(f"{row.id}: expected unit tests as text in `{TESTS}` of its problem, found none; add them")
    passed = passes_tests(row.generation, tests)
    answer = PASSED if passed else FAILED
    return _with(row, predicted_answer=answer, symbolic_correct=passed, expected_answer=PASSED)


def _with(row: Row, **fields: Any) -> Row:
    return Row.model_validate({**row.model_dump(exclude_unset=True), **fields, "language": "python"})
