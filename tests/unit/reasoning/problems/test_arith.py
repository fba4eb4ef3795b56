"""The parts that word problems are made of, with results worked out by hand."""

import random

import pytest

from reasoning.problems.arith import arith_problem, arith_problems
from reasoning.problems.arith import numbers as draws
from reasoning.problems.arith.numbers import Domain, Value, told, written
from reasoning.problems.arith.pattern import Operation, pattern
from reasoning.problems.arith.solution import places, solution_of
from reasoning.problems.arith.source import is_held_out
from reasoning.problems.arith.story import Step, Story
from reasoning.problems.arith.things import plural, with_article


def story(left: Value, sign: str, right: Value, result: Value) -> Story:
    return Story({}, 1, steps=[Step(left, sign, right, result, "n0", "n1", "pens")])


@pytest.mark.parametrize(
    ("step", "fine"),
    [
        ((48, "+", 7, 55), ["48 + 7 = 55"]),
        ((48, "+", 37, 85), ["48 + 30 = 78", "78 + 7 = 85"]),
        ((37, "+", 148, 185), ["148 + 30 = 178", "178 + 7 = 185"]),
        ((185, "-", 37, 148), ["185 - 30 = 155", "155 - 7 = 148"]),
        ((12, "*", 12, 144), ["12 * 12 = 144"]),
        ((36, "*", 4, 144), ["30 * 4 = 120", "6 * 4 = 24", "120 + 24 = 144"]),
        ((36, "*", 24, 864), ["36 * 20 = 720", "36 * 4 = 144", "720 + 144 = 864"]),
        ((2.5, "*", 4, 10), ["2.5 * 4 = 10"]),
        ((2.25, "*", 14, 31.5), ["2.25 * 10 = 22.5", "2.25 * 4 = 9", "22.5 + 9 = 31.5"]),
        ((144, "/", 6, 24), ["120 / 6 = 20", "24 / 6 = 4", "20 + 4 = 24"]),
        ((4800, "/", 100, 48), ["4800 / 100 = 48"]),
        ((84, "/", 7, 12), ["84 / 7 = 12"]),
    ],
)
def test_fine_solutions_calculate_by_the_digit(step: tuple[Value, str, Value, Value], fine: list[str]) -> None:
    left, sign, right, result = step
    assert solution_of(story(*step), "fine").splitlines() == [f"pens: {fine[0]}", *fine[1:], f"#### {written(result)}"]
    terse = f"{written(left)} {sign} {written(right)} = {written(result)}"
    assert solution_of(story(*step), "terse").splitlines() == [terse, f"#### {written(result)}"]


def test_places() -> None:
    assert places(305.75) == [300, 5, 0.75]
    assert places(40) == [40]


def test_money_has_its_cents_in_a_sentence_and_not_in_a_calculation() -> None:
    assert (told(2.5), written(2.5)) == ("2.50", "2.5")
    assert (told(2), written(2)) == ("2", "2")


@pytest.mark.parametrize(
    ("domain", "allowed"),
    [
        (draws.share_of("x"), {2, 3, 4, 6, 8, 12}),
        (draws.part_of("x"), {2, 3, 4, 6, 8}),
        (draws.percent_of("x"), {25, 50, 75}),
        (draws.below("x", low=22), {22, 23}),
        (draws.times_up_to("x", 75), {2, 3}),
        (draws.bill_over("x"), {50, 100}),
    ],
)
def test_draws_of_24_keep_the_next_step_exact(domain: Domain, allowed: set[int]) -> None:
    rng = random.Random(0)
    assert {domain(rng, {"x": 24}) for _ in range(500)} == allowed


@pytest.mark.parametrize(
    "domain", [draws.share_of("x"), draws.part_of("x"), draws.below("x"), draws.bill_over("y"), draws.numerator("x")]
)
def test_no_draw_where_none_is_exact(domain: Domain) -> None:
    assert domain(random.Random(0), {"x": 2, "y": 5000}) is None


def test_a_pattern_from_its_short_form() -> None:
    made = pattern("p", "one|two > end", "x = a * 2 : {A}'s pens\n", "\nHow many?\n  How much?\n", a=draws.times())
    assert made.before == {"one", "two"}
    assert made.operations == (Operation("x", "a", "*", "2", "{A}'s pens"),)
    assert made.wordings == ("How many?", "How much?")


@pytest.mark.parametrize(
    ("word", "many"),
    [("apple", "apples"), ("berry", "berries"), ("toy", "toys"), ("box", "boxes"), ("peach", "peaches")],
)
def test_plural(word: str, many: str) -> None:
    assert plural(word) == many


def test_article() -> None:
    assert (with_article("umbrella"), with_article("kite")) == ("an umbrella", "a kite")


def test_the_order_of_numbers_does_not_hide_them() -> None:
    values = [[float(a), float(b)] for a in range(2, 40) for b in range(2, 40)]
    assert all(is_held_out(pair) == is_held_out(pair[::-1]) for pair in values)
    assert 0.05 < sum(map(is_held_out, values)) / len(values) < 0.15


def test_a_known_problem_stays_as_it_is() -> None:
    """A change of words, patterns or draws changes problems: a model trained on the old ones meets others."""
    row = arith_problem("train", 0, seed=0)
    assert row.problem == (
        "Isla sold exactly 110 spoons. "
        "Isla slept for 7 hours. "
        "Fred sold 14 fewer than Isla. "
        "Compared with Fred, Lily sold 53 more spoons. "
        "What is the number of spoons that Lily sold?"
    )
    assert (row.expected_answer, row.template) == ("149", "first/fewer-BA/more-CB/last-3")


def test_parts_share_the_problems_of_a_split_by_template() -> None:
    whole = list(arith_problems("train", limit=100))
    parts = [list(arith_problems("train", limit=100, part=(index, 2))) for index in range(2)]
    assert not {row.template for row in parts[0]} & {row.template for row in parts[1]}
    assert {row.id for row in whole} <= {row.id for part in parts for row in part}
    assert all(0.3 < sum(row in part for row in whole) / 100 < 0.7 for part in parts)
