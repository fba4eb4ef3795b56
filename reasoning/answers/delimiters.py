"""Mathematics between delimiters, told from prices."""

import re
from typing import NamedTuple

LONGEST_ANSWER = 2000
"""Characters; a longer text is a derivation, or noise, and no answer."""

DOLLAR = re.compile(r"(?<!\\)\$")
_CLOSER = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_MACRO = re.compile(r"\\(?:text\w{0,8}|mbox|math[a-z]{2,4}|operatorname|begin|end)\s?\{[^{}]{0,200}\}|\\[A-Za-z]+")
_WORD = re.compile(r"(?<![A-Za-z^_])[A-Z]?[a-z]{2,}(?![A-Za-z])")


class Value(NamedTuple):
    """A value read from a text, without delimiters; `end` is the position behind it."""

    content: str
    end: int


def math_segment(text: str, start: int) -> Value | None:
    """The mathematics whose opening delimiter stands at `start`; None for a price or if it never closes.

    In "$5 and $6" the second sign has a digit behind it, "$5 + 3 = $" ends on an operator, and in
    "costs $5. We let $" prose stands between: none of them is mathematics.
    """
    opening = next((o for o in ("\\(", "\\[", "$$") if text.startswith(o, start)), "$")
    behind = start + len(opening)
    if opening != "$":
        end = text.find(_CLOSER[opening], behind, behind + LONGEST_ANSWER)
        content = text[behind : max(end, behind)].strip()
        return Value(content, end + 2) if content else None
    closing = DOLLAR.search(text, behind, behind + LONGEST_ANSWER)
    if closing is None or text[closing.end() : closing.end() + 1].isdigit():
        return None
    content = text[behind : closing.start()].strip()
    if not content or "\n\n" in content or content[-1] in "=+-*/(" or _is_prose(content):
        return None
    return Value(content, closing.end())


def _is_prose(content: str) -> bool:
    words = len(_WORD.findall(_MACRO.sub(" ", content)))
    return words >= 2 or (words == 1 and content[0].isdigit())
