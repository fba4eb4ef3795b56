"""The endless source of procedural word problems: problem i is a function of seed, split and i alone."""

import hashlib
import itertools
import random
from collections.abc import Iterator
from typing import Literal, get_args

from reasoning.problems.arith.grammar import Template, draw_template, part_of_template
from reasoning.problems.arith.numbers import Value, written
from reasoning.problems.arith.solution import Style, program_of, solution_of
from reasoning.problems.arith.story import Story, tell
from reasoning.problems.rows import ProblemRow

Split = Literal["train", "validation", "test", "numbers"]
SPLITS: tuple[Split, ...] = get_args(Split)

MAX_WORDS = 75
_ATTEMPTS_PER_TEMPLATE = 6
_HELD_OUT_SHARE = 10  # one in so many sets of numbers


def arith_problems(
    split: Split,
    *,
    seed: int = 0,
    style: Style = "terse",
    start: int = 0,
    limit: int | None = None,
    part: tuple[int, int] | None = None,
) -> Iterator[ProblemRow]:
    """Problems `start`, `start + 1`, ... of a split; endless without a limit.

    Args:
        part: (i, n) keeps the problems whose template is in part i of n, from 0, and drops the others: a generator
            trained on part 0 makes on part 1 the errors that it makes on new templates. The limit counts what is kept.
    """
    problems = (arith_problem(split, number, seed=seed, style=style) for number in itertools.count(start))
    kept = problems if part is None else (p for p in problems if part_of_template(str(p.template), part[1]) == part[0])
    return itertools.islice(kept, limit)


def arith_problem(split: Split, number: int, *, seed: int = 0, style: Style = "terse") -> ProblemRow:
    """Problem `number` of a split.

    The style changes the solution and nothing else. `numbers` has the templates of `train` with sets of numbers that
    no problem of `train` has; templates of `validation` and `test` are in no other split.
    """
    rng = _rng(seed, split, number)
    while True:
        template = draw_template(rng, "train" if split == "numbers" else split)
        story = _tell(rng, template, split)
        if story is not None:
            return ProblemRow(
                id=f"arith-{split}-{seed}-{number}",
                problem=story.text,
                expected_answer=written(story.answer),
                solution=solution_of(story, style),
                program=program_of(story),
                num_steps=len(story.steps),
                template=template.name,
                split=split,
            )


def _rng(seed: int, split: str, number: int) -> random.Random:
    digest = hashlib.blake2b(f"{seed}/{split}/{number}".encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest))


def _tell(rng: random.Random, template: Template, split: Split) -> Story | None:
    """A story of the template that the split may hold; None where some attempts find none."""
    for _ in range(_ATTEMPTS_PER_TEMPLATE):
        story = tell(rng, template)
        if story is None or story.text.count(" ") >= MAX_WORDS:
            continue
        if split in ("validation", "test") or is_held_out(story.drawn) == (split == "numbers"):
            return story
    return None


def is_held_out(numbers: list[Value]) -> bool:
    """Whether a set of numbers is kept from `train`, whatever the order they come in."""
    text = " ".join(sorted(written(number) for number in numbers))
    return hashlib.blake2b(text.encode(), digest_size=8).digest()[0] % _HELD_OUT_SHARE == 0
