"""What of a round's samples is learnt from."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from generator.self_training.calculations import calculations
from generator.self_training.hints import hinted, hinted_problems
from generator.self_training.recipe import KeepSection, TrialsSection
from generator.self_training.selection import by_problem, chosen, kept_rows, reward, weighted
from generator.self_training.trials import num_waves, problems_of_round, still_short, wanted
from reasoning.errors import QuorumError
from reasoning.formats import Row
from reasoning.problems import ProblemRow


def row(sample: int, *, correct: bool | None = True, id: str = "p", text: str | None = None, **fields: Any) -> Row:
    generation = f"text {sample}" if text is None else text
    return Row(id=id, sample=sample, problem="2?", generation=generation, symbolic_correct=correct, **fields)


def kept(rows: list[Row], keep: KeepSection | None = None, *, round_number: int = 1, **more: Any) -> list[int]:
    found = kept_rows(by_problem(rows), {}, keep or KeepSection(), round_number=round_number, **more)
    return [r.sample for r in found]


def test_only_correct_samples_are_kept_unless_another_threshold_is_set() -> None:
    rows = [row(0), row(1, correct=False), row(2, correct=None), row(3, text=" \n"), row(4, finish_reason="error")]
    assert kept(rows) == [0]
    assert kept(rows, KeepSection(thresholds=(0.0,))) == [0, 1]


def test_the_threshold_rises_by_round_and_an_evaluator_rewards(tmp_path: Any) -> None:
    keep = KeepSection(evaluator=tmp_path, thresholds=(0.2, 0.6))
    scores = (0.1, 0.3, 0.7, None, math.nan)
    rows = [row(i, correct=False, reward_model_score=score) for i, score in enumerate(scores)]
    assert [kept(rows, keep, round_number=number) for number in (1, 2, 9)] == [[1, 2], [2], [2]]


def test_the_cut_off_is_drawn_with_the_seed_and_not_by_order() -> None:
    rows = [row(i) for i in range(40)]
    first = kept(rows, KeepSection(per_problem=10))
    assert first == sorted(first)
    assert kept(rows[::-1], KeepSection(per_problem=10)) == first
    assert first != list(range(10))
    assert kept(rows, KeepSection(per_problem=10, seed=1)) != first
    assert kept(rows, KeepSection(per_problem=None)) == list(range(40))


def test_the_best_are_those_of_the_highest_reward(tmp_path: Any) -> None:
    keep = KeepSection(evaluator=tmp_path, thresholds=(0.0,), per_problem=2, choose="best")
    rows = [row(i, reward_model_score=score) for i, score in enumerate((0.5, 0.9, 0.1, 0.7))]
    assert kept(rows, keep) == [1, 3]


@pytest.mark.parametrize(
    ("distinct", "expected"), [(None, [0, 1, 2, 3]), ("text", [0, 2, 3]), ("calculations", [0, 3])]
)
def test_samples_that_are_alike(distinct: Any, expected: list[int]) -> None:
    texts = ("He has 3 + 4 = 7.", "He  has 3 + 4 = 7.\n", "So 3+4=7 in all", "So 4+3=7 in all")
    assert kept([row(i, text=text) for i, text in enumerate(texts)], KeepSection(distinct=distinct)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("first 20 * 6 = 120 km\nthen 120 - 66 = 54\n#### 54", "20*6=120\n120-66=54"),
        ("no equation, but  words", "no equation, but words"),
        ("In 2 days he has 3 apples + 4 apples = 7 apples. Then 7 - 2 = 5.", "3+4=7\n7-2=5"),
        ("So x = 3 + 4 = 7.", "3+4=7"),
        ("His well-paid job: 3 + 4 = 7", "3+4=7"),
        ("* 3 + 4 = 7 - of course", "3+4=7"),
        ("-3 + 4 = 1", "-3+4=1"),
        ("3 × 4 = 12", "3*4=12"),
        ("3 x 4 = 12", "3*4=12"),
        ("$3 \\times 4 = 12$", "3*4=12"),
        ("12 ÷ 4 = 3", "12/4=3"),
        ("\\frac{1}{2} = 50%", "1/2=50%"),
        ("(3 + 4 = 7)", "3+4=7"),
        ("2 * (3 + 4) = 14", "2*(3+4)=14"),
        ("$1,000 + $5 = $1,005", "1000+5=1005"),
        ("n0 = 3\nanswer = n0 * 2", "n0 = 3 answer = n0 * 2"),  # a program is not its numbers
    ],
)
def test_calculations(text: str, expected: str) -> None:
    assert calculations(text) == expected


def test_scores_need_a_threshold_unless_the_best_are_kept(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="expected `thresholds` with `evaluator`"):
        KeepSection(evaluator=tmp_path)
    keep = KeepSection(evaluator=tmp_path, choose="best", per_problem=1)
    assert kept([row(0, reward_model_score=0.2), row(1, reward_model_score=0.7)], keep) == [1]


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(
        QuorumError, match="round 2: expected samples to learn from, found none of 3 with a reward of 1"
    ):
        kept([row(i, correct=False) for i in range(3)], round_number=2)


def test_weights_are_exponential_in_the_reward() -> None:
    rows = [row(i, correct=i < 300) for i in range(600)]
    times = Counter(r.symbolic_correct for r in weighted(rows, KeepSection(weight_temperature=0.5), round_number=1))
    assert times[True] / times[False] == pytest.approx(math.e**2, rel=0.02)
    assert sum(times.values()) == 600
    assert weighted(rows, KeepSection(), round_number=1) == rows


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    temperature=st.floats(0.05, 5),
    seed=st.integers(0, 1000),
)
def test_a_row_comes_as_often_as_it_weighs_rounded_up_or_down(
    scores: list[float], temperature: float, seed: int
) -> None:
    keep = KeepSection(evaluator=Path("here"), thresholds=(0.0,), weight_temperature=temperature, seed=seed)
    rows = [row(i, reward_model_score=score) for i, score in enumerate(scores)]
    times = Counter(r.sample for r in weighted(rows, keep, round_number=1))
    weights = [math.exp(score / temperature) for score in scores]
    for sample, weight in enumerate(weights):
        expected = weight * len(rows) / sum(weights)
        assert math.floor(expected - 1e-6) <= times[sample] <= math.ceil(expected + 1e-6)


@given(
    correct=st.lists(st.booleans(), min_size=1, max_size=12),
    limit=st.integers(1, 12),
    seed=st.integers(0, 9),
    data=st.data(),
)
def test_a_choice_depends_on_the_rows_and_not_on_their_order(
    correct: list[bool], limit: int, seed: int, data: Any
) -> None:
    keep = KeepSection(choose="best", seed=seed)
    rows = [row(i, correct=value) for i, value in enumerate(correct)]
    found = chosen(rows, keep, limit=limit)
    assert chosen(data.draw(st.permutations(rows)), keep, limit=limit) == found
    assert len(found) == min(limit, len(rows))
    left = [r for r in rows if r not in found]
    assert all(reward(inside, keep) >= reward(outside, keep) for inside in found for outside in left)


def test_hinted_samples_are_kept_under_the_plain_question() -> None:
    rows = {"p": [row(0, correct=False)], "q": [row(0, id="q")]}
    with_hint = {
        "p": [row(0, correct=False), row(1, text="with the answer in sight").model_copy(update={"problem": "x"})]
    }
    found = kept_rows(rows, with_hint, KeepSection(), round_number=1)
    assert [(r.id, r.sample, r.problem, r.generation) for r in found] == [
        ("p", 2, "2?", "with the answer in sight"),
        ("q", 0, "2?", "text 0"),
    ]
    assert found[0].model_extra == {"hinted": True}


def test_only_unsolved_problems_are_asked_with_a_hint() -> None:
    problems = [ProblemRow(id=name, problem=f"{name}?", expected_answer="7") for name in "abc"]
    problems.append(ProblemRow(id="d", problem="without an answer"))
    rows = {"a": [row(0)], "b": [row(0, correct=False)], "c": [row(0, correct=None)], "d": [row(0, correct=None)]}
    found = hinted_problems(problems, rows, "{problem} (It is {answer}.)")
    assert [(p.id, p.problem) for p in found] == [("b", "b? (It is 7.)"), ("c", "c? (It is 7.)")]
    assert hinted("{answer}?", "{problem}", "{problem} {answer}") == "{answer}? {problem}"


PROBLEMS = [ProblemRow(id=f"p{i}", problem=f"{i}?", expected_answer="1") for i in range(5)]


def test_a_round_takes_the_next_problems_and_begins_again() -> None:
    taken = [[p.id for p in problems_of_round(PROBLEMS, number, 2)] for number in (1, 2, 3, 4)]
    assert taken == [["p0", "p1"], ["p2", "p3"], ["p4", "p0"], ["p1", "p2"]]
    assert problems_of_round(PROBLEMS, 3, None) == problems_of_round(PROBLEMS, 3, 9) == PROBLEMS


@pytest.mark.parametrize(
    ("by", "correct", "expected"),
    [("uniform", 0, 8), ("uniform", 3, 8), ("proportional", 0, 8), ("proportional", 3, 2)],
)
def test_how_many_correct_samples_are_wanted(by: Any, correct: int, expected: int) -> None:
    trials = TrialsSection(by=by, num_correct=8)
    rows = [row(i, correct=i < correct) for i in range(4)] + [row(i) for i in range(4, 8)]
    assert wanted(rows, trials, num_samples=4) == expected


def test_an_easy_problem_wants_one_at_least() -> None:
    assert wanted([row(i) for i in range(4)], TrialsSection(by="proportional"), num_samples=4) == 1


def test_a_wave_is_drawn_of_problems_that_are_short() -> None:
    trials = TrialsSection(num_correct=2, most_samples=10)
    rows = {"p0": [row(0), row(1)], "p1": [row(0)], "p2": [row(0, correct=False)], "p3": [row(0), row(1), row(2)]}
    rows["p4"] = [row(0), row(1, correct=False)]
    assert [p.id for p in still_short(PROBLEMS, rows, trials, num_samples=4)] == ["p1", "p2", "p4"]
    assert num_waves(trials, 4) == 3
    assert num_waves(None, 4) == 1


def test_no_more_is_kept_of_a_problem_than_was_wanted() -> None:
    rows = [row(i) for i in range(6)]
    keep = KeepSection(per_problem=None)
    assert len(kept(rows, keep, trials=TrialsSection(num_correct=4), num_samples=2)) == 4
    assert len(kept(rows, KeepSection(per_problem=3), trials=TrialsSection(num_correct=4), num_samples=2)) == 3
