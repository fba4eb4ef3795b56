"""A sentence pattern: one or two sentences of a story in several wordings, and what they say in arithmetic."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from reasoning.problems.arith.numbers import Domain

Sign = Literal["+", "-", "*", "/"]
START, END = "start", "end"

# Numbers by these names stand in the text as words ("twice", "two thirds"); the others as digits.
IN_WORDS = frozenset({"times", "den", "num"})

_OPERATION = re.compile(r"(\w+) = (\w+) ([-+*/]) (\w+) : (.+)")


@dataclass(frozen=True, slots=True)
class Operation:
    """`target = left sign right`, with names of values or whole numbers; the label says what the target is."""

    target: str
    left: str
    sign: Sign
    right: str
    label: str


@dataclass(frozen=True, slots=True, eq=False)  # one object a pattern: compared and hashed as itself
class Pattern:
    """A sentence pattern.

    Attributes:
        name: unique; templates are made of it.
        before: the states of the story that it may follow; `START` for one that opens a story.
        after: the state that it leads to; `END` for a question.
        numbers: what is drawn for it, in this order, under the names that wordings and operations use.
        operations: in this order. What they set stays for the patterns that follow.
        wordings: ways to say it, with the fields of the story in braces.
        renames: fields of the story that are another text after this sentence, in this order.
    """

    name: str
    before: frozenset[str]
    after: str
    numbers: tuple[tuple[str, Domain], ...]
    operations: tuple[Operation, ...]
    wordings: tuple[str, ...]
    renames: tuple[tuple[str, str], ...] = ()

    @property
    def num_steps(self) -> int:
        return len(self.operations)


def pattern(
    name: str,
    states: str,
    calculation: str,
    wordings: str,
    *,
    renames: tuple[tuple[str, str], ...] = (),
    **numbers: Domain,
) -> Pattern:
    """A pattern from its short form.

    Args:
        name: see Pattern.
        states: `before > after`, or `one|other > after`.
        calculation: an operation a line, as `x = n * m : apples in all`.
        wordings: a wording a line.
        renames: see Pattern.
        numbers: see Pattern.
    """
    before, _, after = states.partition(" > ")
    return Pattern(
        name=name,
        before=frozenset(before.split("|")),
        after=after,
        numbers=tuple(numbers.items()),
        operations=tuple(_operation(line) for line in _lines(calculation)),
        wordings=_lines(wordings),
        renames=renames,
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _operation(line: str) -> Operation:
    match = _OPERATION.fullmatch(line)
    assert match, line
    target, left, sign, right, label = match.groups()
    return Operation(target, left, cast(Sign, sign), right, label)
