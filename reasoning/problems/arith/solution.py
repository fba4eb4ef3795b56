"""A story's step-by-step solution, in two styles, and its straight-line program."""

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from reasoning.problems.arith.numbers import Value, whole, written
from reasoning.problems.arith.story import Step, Story

Style = Literal["terse", "fine"]
STYLES: tuple[Style, ...] = get_args(Style)


def solution_of(story: Story, style: Style) -> str:
    """One calculation a line, then `#### answer`.

    `terse` has a line for each step: `36 * 24 = 864`. `fine` says what each step finds, and calculates with one
    digit at a time where a number has several:

        marbles in the boxes: 36 * 20 = 720
        36 * 4 = 144
        720 + 144 = 864
    """
    lines = [_calculation(step.left, step.sign, step.right, step.result) for step in story.steps]
    if style == "fine":
        lines = [line for step in story.steps for line in _fine(step)]
    return "\n".join([*lines, f"#### {written(story.answer)}"])


def program_of(story: Story) -> str:
    """The solution as straight-line Python: `n0=72`, `t0=n0*2`, `answer=t0`.

    Numbers told in digits come first, in the order of the text's patterns; numbers told in words ("twice") or not at
    all (a dozen, percent) stand in the lines. Source: the program style of arXiv:2205.14318.
    """
    lines = [f"n{index}={written(value)}" for index, value in enumerate(story.given)]
    lines += [f"t{index}={step.left_name}{step.sign}{step.right_name}" for index, step in enumerate(story.steps)]
    return "\n".join([*lines, f"answer=t{len(story.steps) - 1}"])


def _calculation(left: Value, sign: str, right: Value, result: Value) -> str:
    return f"{written(left)} {sign} {written(right)} = {written(result)}"


def _fine(step: Step) -> Iterator[str]:
    lines = _SPLITTERS[step.sign](step)
    yield f"{step.label}: {lines[0]}"
    yield from lines[1:]


def _split_sum(step: Step) -> list[str]:
    """`48 + 37`: 48 + 30, then + 7. The smaller number is split."""
    large, small = max(step.left, step.right), min(step.left, step.right)
    if small < 10:
        return [_calculation(step.left, "+", step.right, step.result)]
    return _running(large, "+", places(small))


def _split_difference(step: Step) -> list[str]:
    """`85 - 37`: 85 - 30, then - 7."""
    if step.right < 10:
        return [_calculation(step.left, "-", step.right, step.result)]
    return _running(step.left, "-", places(step.right))


def _split_product(step: Step) -> list[str]:
    """`36 * 4`: 30 * 4 and 6 * 4, then their sum; of two long numbers the one with fewer digits is split."""
    left, right = places(step.left), places(step.right)
    is_in_tables = max(step.left, step.right) <= 12 and step.result == int(step.result)
    if is_in_tables or len(left) == len(right) == 1:
        return [_calculation(step.left, "*", step.right, step.result)]
    split_left = len(right) == 1 or 1 < len(left) < len(right)
    terms = [(part, step.right) if split_left else (step.left, part) for part in (left if split_left else right)]
    lines = [_calculation(a, "*", b, whole(a * b)) for a, b in terms]
    products = [whole(a * b) for a, b in terms]
    return lines + _running(products[0], "+", products[1:])


def _split_quotient(step: Step) -> list[str]:
    """`144 / 6`: 120 / 6 and 24 / 6, then the sum of 20 and 4."""
    quotients = places(step.result)
    if len(quotients) == 1 or step.result <= 12 or step.right == 100:
        return [_calculation(step.left, "/", step.right, step.result)]
    lines = [_calculation(whole(part * step.right), "/", step.right, part) for part in quotients]
    return lines + _running(quotients[0], "+", quotients[1:])


_SPLITTERS = {"+": _split_sum, "-": _split_difference, "*": _split_product, "/": _split_quotient}


def _running(value: Value, sign: str, parts: Sequence[Value]) -> list[str]:
    lines = []
    for part in parts:
        result = whole(value + part if sign == "+" else value - part)
        lines.append(_calculation(value, sign, part, result))
        value = result
    return lines


def places(value: Value) -> list[Value]:
    """A number by its digits, largest first, cents in one: 305.75 is 300, 5 and 0.75."""
    digits = str(int(value))
    parts: list[Value] = [int(digit) * 10 ** (len(digits) - 1 - index) for index, digit in enumerate(digits)]
    return [part for part in [*parts, whole(value - int(value))] if part]
