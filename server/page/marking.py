"""Where in a solution its answer stands, for the page to mark."""

import re

from reasoning.answers.boxes import find_boxes
from reasoning.answers.markers import find_markers
from rerank.page.mathml import FORMULA, Formulas, Segments

Marked = list[str | int | dict[str, Segments]]  # as Segments; {"mark": segments} is the answer

_MAX_OCCURRENCES = 1_000
_MAX_TRIED = 50  # boxes and markers, from the last one back


def marked_segments(text: str, answer: str | None, formulas: Formulas) -> Marked:
    """A text in segments, its answer marked where it is found.

    A formula is marked whole, since it is drawn whole.
    """
    span = None if answer is None else answer_span(text, answer)
    if span is None:
        return list(formulas.segments(text))
    start, end = _around_formula(text, *span)
    before, after = text[:start], text[end:]
    return [
        *(formulas.segments(before) if before else []),
        {"mark": formulas.segments(text[start:end])},
        *(formulas.segments(after) if after else []),
    ]


def answer_span(text: str, answer: str) -> tuple[int, int] | None:
    r"""Where an extracted answer was read; None where the text does not hold it as it is written.

    The last box that holds it, else its first place behind the last marker ("The answer is", `####`), else its last
    place. That is where `extract_answer` reads, but for solutions that go on to repeat their answer: of "\boxed{5}, as
    2 + 3 = 5" the box is marked.
    """
    places = _places(text, answer)
    if not places:
        return None
    for box in reversed(find_boxes(text)[-_MAX_TRIED:]):
        if any(box.start <= start and end <= box.end for start, end in places):
            return box.start, box.end
    for marker in reversed(find_markers(text)[-_MAX_TRIED:]):
        behind = [place for place in places if place[0] >= marker.start]
        if behind:
            return behind[0]
    return places[-1]


def _places(text: str, answer: str) -> list[tuple[int, int]]:
    """Where the answer stands by itself: 5 is no part of 15 nor of 5.2."""
    if not answer or len(answer) > len(text):
        return []
    pattern = re.compile(rf"(?<![\w.]){re.escape(answer)}(?!\w|[.,]\d)")
    return [match.span() for match in pattern.finditer(text)][-_MAX_OCCURRENCES:]


def _around_formula(text: str, start: int, end: int) -> tuple[int, int]:
    """The place, widened to the formulas that it begins or ends in."""
    for match in FORMULA.finditer(text):
        if match.lastgroup != "boxed" and match.start() < end and start < match.end():
            start, end = min(start, match.start()), max(end, match.end())
    return start, end
