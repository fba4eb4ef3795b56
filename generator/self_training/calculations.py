"""What a solution computes, whatever words it uses: its equations between numbers."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

_SPELLINGS = (
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"(\1)/(\2)"),
    (re.compile(r"\\times|\\cdot|[×·∗]|(?<=[\d)])\s*x\s*(?=[\d(])"), "*"),
    (re.compile(r"\\div|÷"), "/"),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"\\[()\[\]]|[\\$]"), ""),
    (re.compile(r"(?<=\d),(?=\d{3})"), ""),
    (re.compile(r"\((\d+(?:\.\d+)?)\)"), r"\1"),
)
_TOKEN = re.compile(r"\d+(?:\.\d+)?%?|-?[^\W\d]\w*(?:[-'’]\w+)*|\S")
_WORD = re.compile(r"-?[^\W\d]")
_OPERATORS = frozenset("+-*/^()")


def calculations(text: str) -> str:
    """The equations of a text in order, without words, spaces and units; where there is none, the text itself.

    "In 2 days he has 3 apples + 4 apples = 7 apples.", "So x = 3 + 4 = 7" and "3+4=7" are the same calculations;
    4+3=7 are others. The right side is the next expression only: "3 + 4 = 7, and 7 - 2 = 5" are two equations.

    Source: the list of equations that RFT tells reasoning paths apart by, arXiv:2308.01825, section 3.2.
    """
    return "\n".join(_equations(text)) or " ".join(text.split())


def _equations(text: str) -> Iterator[str]:
    for pattern, plain in _SPELLINGS:
        text = pattern.sub(plain, text)
    for line in text.split("\n"):
        sides = [_TOKEN.findall(side) for side in line.split("=")]
        for before, behind in itertools.pairwise(sides):
            left, right = _expression(reversed(before))[::-1], _expression(behind)
            if left and right:
                yield f"{_joined(left)}={_joined(right)}"


def _expression(tokens: Iterable[str]) -> list[str]:
    """The numbers and operators that tokens begin with. A word does not end them, as the apples in 3 apples + 4, but
    two numbers with a word and no operator between them do."""
    found: list[str] = []
    is_apart = False
    for token in tokens:
        is_number = token[0].isdigit()
        if _WORD.match(token):
            is_apart = bool(found) and found[-1][0].isdigit()
        elif (is_number and not is_apart) or token in _OPERATORS:
            found.append(token)
            is_apart = False
        else:
            break
    while found and found[-1] in "+*/^":
        found.pop()
    return found


def _joined(tokens: Sequence[str]) -> str:
    """An expression without the half of a pair of brackets that stands around the whole equation."""
    text = "".join(tokens).rstrip("-")
    return text if text.count("(") == text.count(")") else re.sub("[()]", "", text)
