"""Programs from GSM8K's calculator annotations."""

import os
from collections import Counter
from pathlib import Path

import pytest

from reasoning.problems import ProblemRow, read_problems
from reasoning.problems.conversion import Conversion
from reasoning.problems.gsm_python import gsm_python, program_of
from reasoning.programs import execute

DATA = os.environ.get("QUORUM_TEST_DATA")


def problem(
    number: int, *, solution: str = "1+1=<<1+1=2>>2\n#### 2", expected: str = "2", split: str | None = None
) -> ProblemRow:
    return ProblemRow(
        id=f"p{number}", problem=f"What is {number}?", solution=solution, expected_answer=expected, split=split
    )


@pytest.mark.parametrize(
    ("solution", "program"),
    [
        ("48/2 = <<48/2=24>>24 clips.\n48+24 = <<48+24=72>>72.\n#### 72", "n0=48\nn1=2\nt0=n0/n1\nanswer=n0+t0"),
        ("He has <<3+4=7>>7 and <<7*0.5=3.5>>3.5", "n0=3\nn1=4\nn2=0.5\nt0=n0+n1\nanswer=t0*n2"),
        ("<<.50*4.0=2>>2", "n0=0.5\nn1=4\nanswer=n0*n1"),
        ("<<2*3=6>>6 <<2*3=6>>6 <<6+6=12>>", "n0=2\nn1=3\nt0=n0*n1\nt1=n0*n1\nanswer=t1+t1"),
        ("<<1/4=1/4>>a quarter, <<8*1/4=2>>2", "n0=1\nn1=4\nn2=8\nt0=n0/n1\nanswer=n2*n0/n1"),
    ],
)
def test_the_program(solution: str, program: str) -> None:
    assert program_of(solution) == program
    assert execute(program).status == "value"


def test_a_number_that_a_step_found_is_that_steps() -> None:
    lines = program_of("<<20*5=100>>100, <<100/(2+3)=20>>20, <<20+1=21>>21").splitlines()
    assert lines == ["n0=20", "n1=5", "n2=2", "n3=3", "n4=1", "t0=n0*n1", "t1=t0/(n2+n3)", "answer=t1+n4"]


def test_what_does_not_convert_is_counted_by_reason() -> None:
    rows = [
        problem(0),
        problem(1, solution="It is 2.\n#### 2"),
        problem(2, solution="<<1+2=3>>3\n#### 2"),
        problem(3, solution="<<1,000+1=1001>> <<2x=4>>\n#### 2"),
        problem(4, solution="<<2(1)=2>>\n#### 2"),
        problem(5, solution="none", split="test"),
    ]
    counts = Conversion()
    found = list(gsm_python(rows, counts=counts, seed=3))
    assert counts.num_problems == 6
    assert counts.num_programs == sum(row.program is not None for row in found) == 1
    assert counts.reasons == {
        "without a calculation": 2,
        "whose program gives another answer": 1,
        "with a calculation that is not arithmetic": 1,
        "whose program does not run": 1,
    }
    assert counts.sentence().startswith("1 of 6 have a program; 5 have none: 2 without a calculation, 1 ")
    (tested,) = [row for row in found if row.split == "test"]
    assert tested.program is None


def test_a_fifth_of_training_is_held_out_whatever_the_order() -> None:
    rows = [problem(number) for number in range(100)]
    sides = {row.id: row.split for row in gsm_python(rows, seed=1)}
    assert Counter(sides.values()) == {"train": 80, "validation": 20}
    assert {row.id: row.split for row in gsm_python(reversed(rows), seed=1)} == sides
    assert {row.id: row.split for row in gsm_python(rows, seed=2)} != sides
    held_out = [row.id for row in gsm_python(rows, seed=1, split="validation")]
    assert held_out == [identifier for identifier, split in sides.items() if split == "validation"]


def test_copies_of_a_problem_are_on_one_side() -> None:
    rows = [problem(number) for number in range(50)]
    copies = [row.model_copy(update={"id": f"{row.id}-copy", "problem": row.problem.upper()}) for row in rows]
    sides = {row.id: row.split for row in gsm_python([*rows, *copies])}
    assert all(sides[row.id] == sides[f"{row.id}-copy"] for row in rows)


@pytest.mark.skipif(DATA is None, reason="QUORUM_TEST_DATA is not set")
def test_gsm8k_converts_as_in_the_paper() -> None:
    counts = Conversion()
    path = Path(DATA or "") / "problems" / "gsm8k_train.jsonl"
    rows = list(gsm_python(read_problems([path]), split="train", counts=counts))
    assert (counts.num_problems, len(rows)) == (5978, 5593)  # the paper: about 5.5K of four fifths of 7.5K
    assert counts.reasons == {"whose program gives another answer": 310, "without a calculation": 75}
