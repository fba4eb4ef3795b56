"""A tuple, an interval or an equation without delimiters at the end of a sentence."""

import re

from reasoning.answers.values import read_value

_LEAD = re.compile(
    r"(?:\b(?:is|are|be|equals?|so|then|thus|hence|therefore|get|gives?|have|obtain)\b,?:?|:)\s{1,3}(?=\S)",
    re.IGNORECASE,
)
_TUPLE = re.compile(r"[(\[].*,.*[)\]]", re.DOTALL)
_RELATION = re.compile(r"[<>]=?|[=≤≥]")
_UNKNOWN = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_TIMES = re.compile(r"(?<=[\d)%])\s?x\s?(?=[\d$(.])")


def closing_formula(sentence: str, last: int) -> str | None:
    """The formula that a sentence ends on and that begins ahead of `last`, the place of its last number.

    "So the point is (3, -4)." is `(3, -4)`, and "Hence y = 3x - 2." the equation. "So x = 5." and "We get 2 x 3 = 6."
    give a value, their last one, and so does "He has 3 (or 4, 5) cats", where words follow.
    """
    for lead in _LEAD.finditer(sentence, 0, last):
        value = read_value(sentence[lead.end() :])
        if value is None or sentence[lead.end() + value.end :].strip(" \t\n.*_`\"'"):
            continue
        if _TUPLE.fullmatch(value.content) or _relates_unknowns(value.content):
            return value.content
    return None


def _relates_unknowns(content: str) -> bool:
    """Whether it is `y = 3x - 2`, `x + y = 7` or `x > 5`, and not `x = 5`."""
    relations = _RELATION.findall(content)
    unknowns = set(_UNKNOWN.findall(_TIMES.sub(" ", content)))
    return len(relations) == 1 and len(unknowns) >= (2 if relations[0] == "=" else 1)
