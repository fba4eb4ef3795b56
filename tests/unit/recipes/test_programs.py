"""Varied programs: they compute the same, in other ways."""

import itertools
import random

from reasoning.problems.arith import arith_problems
from reasoning.programs import execute_many
from recipes.programs import varied


def test_a_varied_program_has_the_same_answer() -> None:
    problems = list(itertools.islice(arith_problems("train", seed=3), 300))
    draw = random.Random(0)
    for _ in range(3):
        programs = [varied(problem.program or "", draw) for problem in problems]
        answers = [execution.answer for execution in execute_many(programs, workers=1)]
        expected = [execution.answer for execution in execute_many([p.program or "" for p in problems], workers=1)]
        assert answers == expected


def test_there_are_many_of_one_and_none_is_longer() -> None:
    program = "n0=2\nn1=18\nn2=11\nt0=n0*n1\nt1=t0-n2\nanswer=t1"
    draw = random.Random(0)
    found = {varied(program, draw) for _ in range(200)}
    assert program in found
    assert "answer=2*18-11" in found
    assert len(found) >= 20
    assert all(len(each.split("\n")) <= 6 for each in found)
