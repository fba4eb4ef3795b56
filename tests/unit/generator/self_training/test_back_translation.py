"""Question back-translation: what is asked for, what counts as a new problem, and which are verified."""

from typing import Any

import pytest

from generator.self_training.back_translation import BackTranslationSection, new_problems, to_ask, verified
from reasoning.formats import Row
from reasoning.problems import problem_hash

SECTION = BackTranslationSection(writer="org/writer", per_problem=2, agreement=0.5)


def sample(number: int, text: str, *, problem: str = "p", answer: str | None = "1", **fields: Any) -> Row:
    known = {"id": problem, "sample": number, "problem": f"{problem}?", "generation": text, "predicted_answer": answer}
    return Row.model_validate({**known, "finish_reason": "stop", **fields})


def test_each_different_solution_with_an_answer_is_asked_for() -> None:
    rows = [
        sample(0, "answer=1", expected_answer="2", symbolic_correct=False),
        sample(1, "answer =  1", answer="1"),
        sample(2, "answer  = 1"),  # the same as the one before
        sample(3, "answer=", answer=None),
        sample(4, "answer=3", answer="3", finish_reason="length"),
    ]
    asked = to_ask({"p": rows}, SECTION, seed=0)
    assert [(each.id, each.problem, each.expected_answer) for each in asked] == [
        ("p/question-0", "answer=1", "1"),
        ("p/question-1", "answer =  1", "1"),
    ]
    correct = SECTION.model_copy(update={"solutions": "correct"})
    assert to_ask({"p": rows}, correct, seed=0) == []


def test_which_solutions_are_drawn_depends_on_the_seed_and_not_on_the_order() -> None:
    rows = [sample(number, f"answer={number}") for number in range(20)]
    drawn = {tuple(each.id for each in to_ask({"p": rows}, SECTION, seed=seed)) for seed in range(5)}
    assert len(drawn) > 1
    assert all(len(ids) == 2 for ids in drawn)
    assert to_ask({"p": rows[::-1]}, SECTION, seed=3) == to_ask({"p": rows}, SECTION, seed=3)


def test_a_question_that_is_known_cut_or_empty_is_no_new_problem() -> None:
    written = [
        sample(0, " How many? ", problem="a", expected_answer="7"),
        sample(0, "How  many?", problem="b"),
        sample(0, "Which test is it?", problem="c"),
        sample(0, "Is it", problem="d", finish_reason="length"),
        sample(0, " ", problem="e"),
    ]
    found = new_problems(written, {problem_hash("Which test is it?")})
    assert [(each.id, each.problem, each.expected_answer) for each in found] == [("a", "How many?", "7")]


@pytest.mark.parametrize(("num_correct", "is_kept"), [(0, False), (1, False), (2, True), (4, True)])
def test_a_problem_is_verified_by_the_share_of_samples_with_its_answer(num_correct: int, is_kept: bool) -> None:
    rows = [sample(number, "answer=1", symbolic_correct=number < num_correct) for number in range(4)]
    assert (verified({"q": rows}, SECTION) == {"q": rows}) is is_kept
