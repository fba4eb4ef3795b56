"""Which lines of a solution are still right, from the values that a reference solution calculates."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from evaluator.data import Group

_ANNOTATION = re.compile(r"<<[^<>]*>>")
_RESULT = re.compile(r"=\s*\$?(-?[\d,]*\.?\d+(?:/\d+)?)[^=\d]*$")
_ANSWER = "####"


def with_steps(groups: Iterable[Group], references: dict[str, str]) -> list[Group]:
    """Groups whose candidates have step labels, made where there are none and the problem has a reference.

    Args:
        groups: of any problems.
        references: problem id -> reference solution, in the style of the candidates.
    """
    return [
        replace(
            group,
            candidates=tuple(
                candidate
                if candidate.steps is not None or group.id not in references
                else replace(
                    candidate,
                    steps=step_labels(candidate.text, references[group.id], is_correct=candidate.is_correct),
                )
                for candidate in group.candidates
            ),
        )
        for group in groups
    ]


def step_labels(solution: str, reference: str, *, is_correct: bool) -> tuple[bool, ...]:
    """Whether all is right up to the end of each line of a solution that is not blank.

    A line is right as long as every value calculated so far, its own included, is one that the reference calculates, as
    often as it does; the order does not matter. Once wrong, all further lines are. A line without a calculation changes
    nothing, and the answer's line (`#### 7`) has the whole solution's label: a right answer may be reached by values
    that the reference does not need, and only that line then says so.

    Args:
        solution: a calculation a line, `36 * 24 = 864`; what follows the last equals sign is its value.
        reference: a right solution in the same style, fine or terse.
        is_correct: whether the solution's answer is right.
    """
    left = Counter(value for line in reference.splitlines() if (value := calculated(line)) is not None)
    labels = []
    is_right = True
    for line in solution.splitlines():
        if not line.strip():
            continue
        value = calculated(line)
        if value is not None:
            is_right = is_right and left[value] > 0
            left[value] -= 1
        labels.append(is_correct if line.lstrip().startswith(_ANSWER) else is_right)
    return tuple(labels)


def calculated(line: str) -> Fraction | None:
    """The value behind a line's last equals sign, annotations `<<3*2=6>>` left out; None where there is no number."""
    found = _RESULT.search(_ANNOTATION.sub("", line))
    if found is None:
        return None
    try:
        return Fraction(found[1].replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return None
