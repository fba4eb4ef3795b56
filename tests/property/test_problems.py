"""Laws of the procedural word problems: exact, true, readable, the same again, and split by template."""

import itertools
import operator
import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.problems import ProblemRow, problem_hash
from reasoning.problems.arith import SPLITS, STYLES, Split, Style, arith_problem, arith_problems
from reasoning.problems.arith.families import FAMILIES
from reasoning.problems.arith.names import MEN, WOMEN
from reasoning.problems.arith.pattern import END
from reasoning.problems.arith.story import MAX_ANSWER
from reasoning.problems.arith.things import ALL

CALCULATION = re.compile(r"(?:[^:]+: )?(\d+(?:\.\d+)?) ([-+*/]) (\d+(?:\.\d+)?) = (\d+(?:\.\d+)?)")
OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

splits = st.sampled_from(SPLITS)
styles = st.sampled_from(STYLES)
seeds = st.integers(min_value=0, max_value=10**9)
numbers = st.integers(min_value=0, max_value=10**9)


@pytest.fixture(scope="module")
def sample() -> dict[Split, list[ProblemRow]]:
    return {split: list(arith_problems(split, limit=3000)) for split in SPLITS}


@given(splits, seeds, numbers, styles)
def test_a_problem_is_a_function_of_seed_split_and_number(split: Split, seed: int, number: int, style: Style) -> None:
    once = arith_problem(split, number, seed=seed, style=style)
    assert once == arith_problem(split, number, seed=seed, style=style)
    assert once == next(arith_problems(split, seed=seed, style=style, start=number))
    assert once.id == f"arith-{split}-{seed}-{number}"


@given(splits, seeds, numbers)
def test_the_style_changes_the_solution_alone(split: Split, seed: int, number: int) -> None:
    terse, fine = (arith_problem(split, number, seed=seed, style=style).model_dump() for style in STYLES)
    solutions = terse.pop("solution"), fine.pop("solution")
    assert terse == fine
    assert len(solutions[0].splitlines()) <= len(solutions[1].splitlines())


@given(splits, seeds, numbers, styles)
def test_every_line_of_a_solution_is_true(split: Split, seed: int, number: int, style: Style) -> None:
    row = arith_problem(split, number, seed=seed, style=style)
    assert row.solution is not None
    assert row.num_steps is not None
    *lines, last = row.solution.splitlines()
    results = []
    for line in lines:
        match = CALCULATION.fullmatch(line)
        assert match, line
        left, sign, right, result = match.groups()
        assert OPERATIONS[sign](Fraction(left), Fraction(right)) == Fraction(result), line
        results.append(result)
    assert last == f"#### {row.expected_answer}"
    assert results[-1] == row.expected_answer
    if style == "terse":
        assert len(lines) == row.num_steps
    assert 1 <= row.num_steps <= 8


@given(splits, seeds, numbers)
def test_the_program_gives_the_expected_answer(split: Split, seed: int, number: int) -> None:
    row = arith_problem(split, number, seed=seed)
    assert row.program is not None
    assert row.expected_answer is not None
    for line in row.program.splitlines():
        assert re.fullmatch(r"(n\d+=[\d.]+|t\d+=[nt\d]+[-+*/][nt\d]+|answer=t\d+)", line), line
    namespace: dict[str, float] = {}
    exec(row.program, {"__builtins__": {}}, namespace)  # our own text, of the shape just checked
    assert namespace["answer"] == float(row.expected_answer)


@given(splits, seeds, numbers)
def test_numbers_of_the_program_stand_in_the_text(split: Split, seed: int, number: int) -> None:
    row = arith_problem(split, number, seed=seed)
    assert row.program is not None
    given = [line.split("=")[1] for line in row.program.splitlines() if line.startswith("n")]
    told = [Fraction(text) for text in re.findall(r"\d+(?:\.\d+)?", row.problem)]
    for value in given:
        assert Fraction(value) in told
        told.remove(Fraction(value))
    assert len(told) <= 1  # of a fact that does not matter


@given(splits, seeds, numbers)
def test_sizes_are_sane(split: Split, seed: int, number: int) -> None:
    row = arith_problem(split, number, seed=seed)
    assert row.expected_answer is not None
    assert row.template is not None
    assert 0 < Fraction(row.expected_answer) <= MAX_ANSWER < 100_000
    assert (Fraction(row.expected_answer) * 4).denominator == 1
    if "." in row.expected_answer:
        assert "$" in row.problem


@given(splits, seeds, numbers)
def test_the_english_is_well_formed(split: Split, seed: int, number: int) -> None:
    text = arith_problem(split, number, seed=seed).problem
    assert text.endswith("?")
    assert text.count("?") == 1
    assert text[0].isupper() or text[0].isdigit()
    assert "  " not in text
    assert not re.search(r"[{}<>_]|None", text)
    assert not re.search(r"(?<![\d.$])1 (?!day|hour)[a-z]+s\b", text)
    assert not re.search(r"\ba [aeio]|\ban (?!hour)[^aeiou]|\b(\w+) \1\b", text, re.IGNORECASE)
    assert not re.search(r" [.,?]|[.,?]{2}|[.?] [a-z]", text)
    assert len(text.split()) <= 75


@pytest.mark.parametrize("split", SPLITS)
def test_most_problems_are_short(sample: dict[Split, list[ProblemRow]], split: Split) -> None:
    lengths = [len(row.problem.split()) for row in sample[split]]
    assert sum(length < 60 for length in lengths) > 0.95 * len(lengths)


@pytest.mark.parametrize("split", SPLITS)
def test_every_number_of_steps_occurs(sample: dict[Split, list[ProblemRow]], split: Split) -> None:
    shares = [sum(row.num_steps == steps for row in sample[split]) / 3000 for steps in range(1, 9)]
    assert min(shares) > 0.02
    assert max(shares) < 0.3


def test_duplicates_are_rare(sample: dict[Split, list[ProblemRow]]) -> None:
    hashes = {problem_hash(row.problem) for rows in sample.values() for row in rows}
    assert len(hashes) >= 0.999 * 3000 * len(SPLITS)


def test_templates_of_validation_and_test_occur_nowhere_else(sample: dict[Split, list[ProblemRow]]) -> None:
    templates = {split: {row.template for row in sample[split]} for split in SPLITS}
    assert templates["numbers"] & templates["train"]
    train = templates["train"] | templates["numbers"]
    for one, other in itertools.combinations((train, templates["validation"], templates["test"]), 2):
        assert one & other == set()


def test_numbers_held_out_never_occur_in_train(sample: dict[Split, list[ProblemRow]]) -> None:
    def keys(split: Split) -> set[tuple[object, ...]]:
        return {(row.template, *sorted(told_numbers(row))) for row in sample[split]}

    assert keys("train") & keys("numbers") == set()
    assert len({key[1:] for key in keys("train")} & {key[1:] for key in keys("numbers")}) < 30


def told_numbers(row: ProblemRow) -> list[str]:
    """The numbers that the program names or uses in a line."""
    assert row.program is not None
    return re.findall(r"(?<![nt\d])\d+(?:\.\d+)?(?![\d=])", row.program)


def test_every_pattern_of_every_split_is_known_from_train(sample: dict[Split, list[ProblemRow]]) -> None:
    """New templates are new combinations: no sentence of the test is of a pattern that training cannot show."""

    def used(split: Split) -> set[str]:
        return {name for row in sample[split] for name in (row.template or "").split("/")}

    assert used("validation") | used("test") <= {name for row in arith_problems("train", limit=20_000)
                                                 for name in (row.template or "").split("/")}  # fmt: skip


def test_the_vocabulary_is_bounded(sample: dict[Split, list[ProblemRow]]) -> None:
    words = {word for rows in sample.values() for row in rows for word in re.findall(r"[A-Za-z'-]+", row.problem)}
    assert 800 < len(words) < 1800


def test_there_is_enough_variety() -> None:
    patterns = [pattern for family in FAMILIES for pattern in (*family.patterns, *family.asides)]
    assert len(set(MEN) | set(WOMEN)) == len(MEN) + len(WOMEN) >= 200
    assert not any(name.endswith("s") for name in MEN + WOMEN)
    assert len({thing for thing, _ in ALL}) == len(ALL) >= 200
    assert len({pattern.name for pattern in patterns}) == len(set(patterns))
    # relations and questions of several people are one sentence pattern each, whoever they are about
    assert len({re.sub(r"-([A-D]{1,2}|\d)$", "", pattern.name) for pattern in patterns}) >= 80
    assert all(len(set(pattern.wordings)) >= 3 for pattern in patterns)
    assert all(pattern.wordings[0].endswith("?") == (pattern.after == END) for pattern in patterns)
