"""An answer without what surrounds it."""

import re

from reasoning.answers.delimiters import DOLLAR, LONGEST_ANSWER

CHOICE = re.compile(
    r"(?:\\(?:text|textbf|textrm|mathrm|mathbf|mbox|bf|rm)\s?\{\s{0,2}\(?[A-J]\)\s{0,2}\}"
    r"|\([A-J]\)(?=\\|\s|~|\$)|[A-J][.):]\s)"
    r"(?:\\[ ,;:]|\\q?quad|~|:|\s){0,8}"
    r"(?=[-−]?[\d$.]|\\(?:d?frac|tfrac|sqrt|text|\$|pi|left))"
)
"""The letter of a choice in front of its value: `(D) 24`, `\\textbf{(D)}\\ 24`, `D) $300`."""

_SELF_NAMED = re.compile(
    r"(?:\\text\w{0,6}\s?\{\s{0,2})?(?:the )?(?:final |correct )?answer(?: is\b:?|\s?:)\s{0,3}\}?\s{0,3}",
    re.IGNORECASE,
)
_EQUALS = re.compile(r"(?<![<>!:=])=(?![=>])")
_ARITHMETIC = re.compile(r"[-+*/^(×÷·−]|!(?!=)|\\(?:times|cdot|div|d?frac|sqrt|binom)\b")
_FUNCTION_NAME = re.compile(r"\\(?!text|mbox|math|begin|end)[A-Za-z]+")
_MOST_LAYERS = 50


def tidy(answer: str) -> str | None:
    """An answer without outer space, delimiters, quotes, emphasis, closing punctuation and choice letter.

    `(D) 24` is `24`, since the letter only names a place in a list, and `(D)` stays; `2 + 3 = 5` is `5`, and
    `x = 5` stays.

    Returns:
        None where nothing is left or more than `LONGEST_ANSWER` characters are.
    """
    for _ in range(_MOST_LAYERS):
        before = answer
        answer = _without_frame(answer)
        for label in (_SELF_NAMED, CHOICE):
            match = label.match(answer)
            answer = answer[match.end() :] if match else answer
        answer = _result_of_arithmetic(answer)
        if answer == before:
            return answer if 0 < len(answer) <= LONGEST_ANSWER else None
    return None


def _without_frame(answer: str) -> str:
    answer = answer.strip().strip('"“”‘’«»`').strip()
    if answer.startswith(('\\"', "\\'")):
        answer = answer[2:]
    if not answer.endswith("..."):
        answer = answer.rstrip(".,;:。，")
    if answer.endswith(('\\"', "\\'")) or (answer.endswith("\\\\") and len(answer) > 2):
        answer = answer[:-2]
    for mark in ("**", "__"):
        if answer.startswith(mark) and answer.endswith(mark) and len(answer) > 4:
            answer = answer[2:-2]
    if answer.startswith("$") and answer.endswith("$") and len(DOLLAR.findall(answer)) % 2 == 0:
        answer = DOLLAR.sub("", answer)
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
        if answer.startswith(opening) and answer.endswith(closing):
            answer = answer.replace(opening, "").replace(closing, "")
    return answer.strip()


def _result_of_arithmetic(answer: str) -> str:
    """The right-hand side where the left is a computation with numbers only."""
    equals = None
    for equals in _EQUALS.finditer(answer):  # noqa: B007, the last one is wanted
        pass
    if equals is None:
        return answer
    left, right = answer[: equals.start()], answer[equals.end() :].strip()
    names = _FUNCTION_NAME.sub("", left)
    computed = _ARITHMETIC.search(left) and not any(c.isalpha() for c in names)
    whole = left.count("{") == left.count("}") and left.count("(") == left.count(")")
    return right if computed and whole and any(c.isdigit() for c in right) else answer
