"""MathQA with programs, and its new split by template."""

import json
from pathlib import Path
from typing import Any

import pytest

from reasoning.problems import ProblemOptions, ProblemRow, read_problems
from reasoning.problems.conversion import Conversion, NoProgramError
from reasoning.problems.mathqa_formulas import OPERATIONS, program_of_formula
from reasoning.problems.mathqa_python import MATHQA, mathqa_python, template_of
from reasoning.programs import execute

TRAIN = "a train runs {} km in {} hours . what is its speed in km per hour ?"


def record(
    problem: str, formula: str, *, correct: str = "b", options: str = "a ) 1 , b ) 30 , c ) none"
) -> dict[str, Any]:
    return {
        "Problem": problem,
        "Rationale": "as it is",
        "options": options,
        "correct": correct,
        "annotated_formula": "",
        "linear_formula": formula,
        "category": "physics",
    }


def read(tmp_path: Path, records: list[dict[str, Any]], name: str = "train.json") -> list[ProblemRow]:
    (tmp_path / name).write_text(json.dumps(records))
    return list(read_problems([tmp_path / name], options=ProblemOptions(problem_set=MATHQA)))


def test_the_public_layout(tmp_path: Path) -> None:
    rows = read(tmp_path, [record(TRAIN.format("1,200", 40), "divide(n0,n1)|")])
    (row,) = mathqa_python(rows)
    assert row.program == "n0=1200\nn1=40\nanswer=n0/n1"
    assert (row.id, row.expected_answer, row.solution) == ("mathqa-train-0", "30", "as it is")
    assert row.template == "a train runs # km in # hours . what is its speed in km per hour"
    assert "linear_formula" not in row.to_json()


def test_the_layout_of_mathqa_python(tmp_path: Path) -> None:
    fields = {"text": "what is 3 % of 50 ?", "code": "n0 = 3.0\nn1 = 50.0\nanswer = n0 * n1 / 100.0", "answer": 1.5}
    rows = read(tmp_path, [{**fields, "task_id": "train_7", "dsl_code": "", "reasoning": ""}])
    (row,) = mathqa_python(rows)
    assert (row.id, row.expected_answer, row.program) == ("train_7", "1.5", fields["code"])


@pytest.mark.parametrize(
    ("options", "correct", "expected"),
    [
        ("a ) rs . 400 , b ) rs . 300 , c ) none of these", "a", "400"),
        ("a ) 38 , b ) 27.675 , c ) 1,000", "b", "27.675"),
        ("a ) 38 , b ) 27.675 , c ) 1,000", "c", "1000"),
        ("a ) 1 / 2 , b ) - 3", "a", "1/2"),
        ("a ) 5 , b ) cannot be said", "b", None),
    ],
)
def test_the_answer_is_the_number_of_the_correct_option(
    options: str, correct: str, expected: str | None, tmp_path: Path
) -> None:
    (row,) = read(tmp_path, [record("what ?", "", options=options, correct=correct)])
    assert row.expected_answer == expected


@pytest.mark.parametrize(
    ("formula", "program"),
    [
        ("multiply(n0,const_100)|divide(#0,n1)|", "n0=5\nn1=20\nt0=n0*100\nanswer=t0/n1"),
        ("circle_area(n0)", "import math\nn0=5\nanswer=math.pi*n0**2"),
        ("multiply(const_0_25,n1)|add(#0,const_1.6)", "n1=20\nt0=0.25*n1\nanswer=t0+1.6"),
    ],
)
def test_formulas(formula: str, program: str) -> None:
    assert program_of_formula(formula, "take 5 of 20") == program
    assert execute(program).status == "value"


@pytest.mark.parametrize("formula", ["", "fly(n0)", "add(n0,n7)", "add(n0)", "add(n0,__import__)", "add(n0,n1"])
def test_formulas_that_are_none(formula: str) -> None:
    with pytest.raises(NoProgramError):
        program_of_formula(formula, "take 5 of 20")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_runs(operation: str) -> None:
    number = len({part for part in ("{0}", "{1}", "{2}") if part in OPERATIONS[operation]})
    arguments = ",".join(f"n{i}" for i in range(number))
    assert execute(program_of_formula(f"{operation}({arguments})", "7 4 2")).status == "value"


def test_of_a_template_one_is_kept_and_templates_are_split(tmp_path: Path) -> None:
    words = [chr(97 + i) * 3 for i in range(20)]
    records = [record(f"{word} : {TRAIN.format(30 * n, n)}", "divide(n0,n1)") for word in words for n in (2, 3)]
    counts = Conversion()
    rows = list(mathqa_python(read(tmp_path, records), counts=counts, seed=5))
    assert counts.num_duplicates == 20
    assert "20 left out that differ from others only in numbers" in counts.sentence()
    assert [row.split for row in rows].count("validation") == 2
    assert len({row.template for row in rows}) == len(rows) == 20
    again = mathqa_python(reversed(read(tmp_path, records)), seed=5)
    assert {row.template: row.split for row in again} == {row.template: row.split for row in rows}


def test_one_that_does_not_convert_leaves_its_template_to_the_next(tmp_path: Path) -> None:
    records = [record(TRAIN.format(60, 2), "fly(n0)"), record(TRAIN.format(90, 3), "divide(n0,n1)")]
    (row,) = mathqa_python(read(tmp_path, records))
    assert "90" in row.problem


def test_the_test_set_is_left_whole(tmp_path: Path) -> None:
    rows = read(tmp_path, [record(TRAIN.format(60, 2), "fly(n0)"), record(TRAIN.format(90, 3), "")], "test.json")
    assert [row.split for row in mathqa_python(rows)] == ["test", "test"]


def test_a_template_has_no_numbers() -> None:
    assert template_of("Two  trains, 1,000 m and 2.5 km .") == "two trains, # m and # km"
