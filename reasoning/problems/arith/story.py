"""A story: a template with people, things and numbers, told in sentences and worked out."""

import operator
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from reasoning.problems.arith.grammar import Template
from reasoning.problems.arith.numbers import (
    PART_WORDS,
    PARTS_WORDS,
    QUARTER,
    TIMES_WORDS,
    Value,
    is_multiple,
    pick,
    told,
    whole,
)  # fmt: skip
from reasoning.problems.arith.pattern import IN_WORDS, Operation, Pattern
from reasoning.problems.arith.people import Fields, draw_people

MAX_VALUE = 20_000  # of a step, which may be a number times a percentage
MAX_ANSWER = 5_000
ASIDE_PROB = 0.15
_POINTS_BACK = re.compile(r"\b(them|they|ones|it|others|the same|that|more\.|then|as many\.)\b|more[.,]", re.IGNORECASE)
APPLY: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One calculation: its values, and where the program has them (`n0`, `t1`, or a number itself)."""

    left: Value
    sign: str
    right: Value
    result: Value
    left_name: str
    right_name: str
    label: str


@dataclass(slots=True)
class Story:
    """What has been told so far.

    Attributes:
        fields: what the braces of wordings stand for; numbers are added as they are drawn.
        unit: what values are multiples of, prices aside.
        values: by the names that patterns use.
        names: where the program has each of them.
        given: the numbers of the text that the calculation uses, in order: the program's `n0`, `n1`, ...
        drawn: all numbers that the calculation uses, those told in words included.
    """

    fields: Fields
    unit: float
    values: dict[str, Value] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    given: list[Value] = field(default_factory=list)
    drawn: list[Value] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.sentences)

    @property
    def answer(self) -> Value:
        return self.steps[-1].result


def tell(rng: random.Random, template: Template) -> Story | None:
    """Draw a story; None where the numbers drawn do not work out exactly and sensibly."""
    family = template.family
    story = Story({**draw_people(rng), **family.draw_fields(rng)}, family.unit)
    for pattern in template.patterns:
        if not _tell_pattern(rng, story, pattern):
            return None
    if story.answer > MAX_ANSWER:
        return None
    if rng.random() < ASIDE_PROB:
        _tell_aside(rng, story, pick(rng, family.asides))
    return story


def _tell_pattern(rng: random.Random, story: Story, pattern: Pattern) -> bool:
    for name, domain in pattern.numbers:
        value = domain(rng, story.values)
        if value is None:
            return False
        _set_number(story, name, value)
    story.sentences.append(pick(rng, pattern.wordings).format_map(story.fields))
    for operation in pattern.operations:
        if not _work_out(story, operation):
            return False
    for name, text in pattern.renames:
        story.fields[name] = text.format_map(story.fields)
    return True


def _set_number(story: Story, name: str, value: Value) -> None:
    """Make a number known under a name; a number told in words stands in the program as itself."""
    story.values[name] = value
    story.drawn.append(value)
    if name not in IN_WORDS:
        story.fields[name] = told(value)
        story.names[name] = f"n{len(story.given)}"
        story.given.append(value)
        return
    story.names[name] = str(value)
    if name == "times":
        story.fields["times"] = TIMES_WORDS[int(value)]
    elif name == "den":
        part = PART_WORDS[int(value)]
        story.fields.update(part=part, Part=part.capitalize())
    else:
        parts = PARTS_WORDS[int(value), int(story.values["den"])]
        story.fields.update(parts=parts, Parts=parts.capitalize())


def _work_out(story: Story, operation: Operation) -> bool:
    """Do an operation; False where its result is not exact, not positive or too large."""
    left, left_name = _operand(story, operation.left)
    right, right_name = _operand(story, operation.right)
    result = whole(APPLY[operation.sign](left, right))
    # A price brings its quarters along; a count that is divided must stay whole.
    unit = story.unit if isinstance(left, int) and isinstance(right, int) else QUARTER
    if not 0 < result <= MAX_VALUE or not is_multiple(result, unit):
        return False
    label = operation.label.format_map(story.fields)
    story.steps.append(Step(left, operation.sign, right, result, left_name, right_name, label))
    story.values[operation.target] = result
    story.names[operation.target] = f"t{len(story.steps) - 1}"
    return True


def _operand(story: Story, name: str) -> tuple[Value, str]:
    return (int(name), name) if name.isdigit() else (story.values[name], story.names[name])


def _tell_aside(rng: random.Random, story: Story, pattern: Pattern) -> None:
    """Put a fact that does not matter first, or second where the next sentence does not point back."""
    for name, domain in pattern.numbers:
        story.fields[name] = told(domain(rng, {}) or 0)
    place = min(int(rng.random() * 2), len(story.sentences) - 1)
    if _POINTS_BACK.search(story.sentences[place]):
        place = 0
    story.sentences.insert(place, pick(rng, pattern.wordings).format_map(story.fields))
