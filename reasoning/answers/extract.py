"""Find the final answer in a solution text."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from reasoning.answers.boxes import find_boxes
from reasoning.answers.markers import find_markers, payload_ends
from reasoning.answers.statements import Statement, read_statement
from reasoning.answers.tidying import tidy
from reasoning.answers.trailing import last_value
from reasoning.answers.turns import end_of_solution, without_thinking

_ANNOTATION = re.compile(r"<<[^<>\n]{0,200}(?:>>|\Z)")  # GSM8K's calculations: 2*3=<<2*3=6>>6


def extract_answer(text: str, *, last_number: bool = True) -> str | None:
    r"""The answer that a solution ends on, as its author wrote it; None if it gives none.

    1. Thinking does not count (`<think>...</think>`, and all behind a `<think>` that never closes).
    2. Of boxes (`\boxed{}`) and statements ("The answer is ...", "Final answer: ...", `#### ...`, "A: ...",
       答案是) the last one counts: "\boxed{12}. Wait. Final answer: 13" is 13, "The answer is 4? No: \boxed{5}"
       is 5. A few words that may be no answer ("the answer is nice") and a hypothetical statement ("if n were 3,
       the answer would be 7") count only where there is nothing better.
    3. What follows an answer as a new turn or an invented question is cut off first.
    4. A text without either gives the value of its concluding sentence, if `last_number` is set (`last_value`).

    Two boxes are two answers only where nothing but "and", "or" or a comma stands between them. Equivalence
    deals with units, percent and LaTeX; here only delimiters, quotes, emphasis and closing punctuation are taken
    off. Answers of more than 2,000 characters are passed over. Linear in the length of the text.

    The order of rules with examples: docs/extraction.md.
    """
    text = _ANNOTATION.sub("", without_thinking(text))
    boxes = _find_boxes(text)
    found = boxes + _find_statements(text, boxes)
    certain = [statement for statement in found if statement.certain]
    stop = end_of_solution(text, first_answer_end=min((s.end for s in certain), default=None))
    kept = [s for s in certain if s.start < stop] or [s for s in found if s.start < stop]
    if kept:
        return max(kept, key=lambda statement: statement.start).answer
    value = last_value(text[:stop]) if last_number else None
    return None if value is None else tidy(value)


def _find_boxes(text: str) -> list[Statement]:
    """The boxes that hold an answer, in order."""
    boxes = []
    for box in find_boxes(text):
        contents = [tidy(content) for content in box.contents]
        answer = tidy(", ".join(c for c in contents if c is not None))
        if answer is not None:
            boxes.append(Statement(box.start, box.end, answer, certain=True))
    return boxes


def _find_statements(text: str, boxes: Sequence[Statement]) -> list[Statement]:
    """The statements outside of boxes, in order; each is read up to the next one or the next box."""
    starts = [box.start for box in boxes]
    markers, box_ends = [], []
    for marker in find_markers(text):
        index = bisect_right(starts, marker.start) - 1
        box_end = boxes[index].end if index >= 0 else 0
        if box_end <= marker.start:
            markers.append(marker)
            box_ends.append(box_end)
    if not markers:
        return []
    statements = []
    floor = 0
    ceilings = payload_ends(markers, starts, len(text))
    for marker, box_end, ceiling in zip(markers, box_ends, ceilings, strict=True):
        if marker.kind == "reverse":  # a box ahead of "is the answer" counts by itself
            floor = max(floor, box_end)
        statement = read_statement(text, marker, floor=floor, ceiling=ceiling)
        answer = tidy(statement.answer) if statement else None
        if statement and answer is not None:
            statements.append(statement._replace(answer=answer))
        floor = marker.end
    return statements
