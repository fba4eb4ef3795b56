"""Grading of programs and of tested code."""

import pytest

from generator.self_training.grading import graded_rows
from reasoning.errors import InputError
from reasoning.formats import Row
from reasoning.problems import ProblemRow
from reasoning.programs import sandbox
from rerank.grading import grade_rows


def row(sample: int, generation: str, expected: str | None = "0.3") -> Row:
    return Row(
        id="p",
        sample=sample,
        problem="?",
        expected_answer=expected,
        generation=generation,
        predicted_answer="what stood last in the text",
        symbolic_correct=False,
    )


def test_a_programs_answer_is_what_it_computes() -> None:
    rows = [row(0, "a=0.1\nanswer=a+0.2"), row(1, "answer=1/0"), row(2, "answer=4"), row(3, "import os", None)]
    found = graded_rows(rows, "program", {})
    assert [(r.predicted_answer, r.symbolic_correct) for r in found] == [
        ("0.3", True),
        (None, False),
        ("4", False),
        (None, None),
    ]
    report = grade_rows(found[:3], workers=1)  # which refuses programs that were not run
    assert report.num_disagreements == 0


def test_texts_are_left_as_they_were_graded() -> None:
    rows = [row(0, "answer=0.3")]
    assert graded_rows(rows, "text", {}) == rows


def test_code_is_graded_by_its_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.self_training.grading.passes_tests", lambda program, tests: program == tests)
    problems = {"p": ProblemRow.model_validate({"id": "p", "problem": "?", "tests": "right"})}
    found = graded_rows([row(0, "right", None), row(1, "wrong", None)], "tests", problems)
    assert [(r.predicted_answer, r.expected_answer, r.symbolic_correct) for r in found] == [
        ("passed", "passed", True),
        ("failed", "passed", False),
    ]
    assert grade_rows(found, workers=1).num_disagreements == 0
    with pytest.raises(InputError, match="p: expected unit tests as text in `tests` of its problem"):
        graded_rows([row(0, "right")], "tests", {"p": ProblemRow(id="p", problem="?")})


def test_without_bubblewrap_no_code_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.check_available.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    problems = {"p": ProblemRow.model_validate({"id": "p", "problem": "?", "tests": "assert True"})}
    with pytest.raises(InputError, match="found no program `bwrap`"):
        graded_rows([row(0, "x = 1")], "tests", problems)
    sandbox.check_available.cache_clear()
