"""The last resort: the value with which a text concludes, where nothing says "answer"."""

import re
from bisect import bisect_right
from typing import NamedTuple

from reasoning.answers.delimiters import math_segment
from reasoning.answers.values import read_value

_CURRENCY = r"[$€£¥₹]"
_NUMBER = re.compile(
    rf"(?<![\w.,\\^_#/:])(?P<sign>[-−+](?=[\d.$]))?(?:\\?{_CURRENCY}\s?)?"
    r"(?P<core>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,2000}(?:\.\d{1,2000})?|\.\d{1,2000})(?!\d)"
    r"(?P<rest>\s\d{1,6}/\d{1,6}(?!\d)|\s?/\s?\d{1,30}(?:\.\d{1,30})?(?![\d/])|:\d{1,6}(?!\d)(?:\s?[AaPp]\.?[Mm]\b)?|,\d{2}(?=\s?[$€£])"
    r"|\s?[x×]\s?10\^?\{?[-−]?\d{1,4}\}?|\^\{?-?\d{1,6}\}?|π|%|\s?\\%|\s(?:percent|pct)\b"
    r"|\s(?:hours?|days?|weeks?|years?|minutes?|feet|foot|pounds?|dollars?)(?:,|\sand|,\sand)?\s\d{1,4}"
    r"\s(?:minutes?|seconds?|hours?|days?|weeks?|months?|inch(?:es)?|ounces?|cents?)\b"
    r"|!(?=\s?[=.,/*]|\s[a-z]))?",
)
_ORDINAL = re.compile(r"st\b|nd\b|rd\b|th\b|[xyznkabc]\b(?![-/])|\*?\(")
_LABEL = re.compile(
    r"(?:step|part|case|figure|problem|question|equation|section|chapter|method|example|no\.?|note)\s\Z", re.I
)
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]{0,8}(?:[*#-]{1,4}[ \t])?\Z")
_BARE_LATEX = r"(?:(?<![\w.,])-?\d{1,30}\s?)?\\(?:[dt]?frac|sqrt|d?binom|pi\b|infty)"
_MATHEMATICS = re.compile(
    rf"\\\(|\\\[|(?<!\\)\$\$?|(?P<bare>{_BARE_LATEX})|\\begin\{{(?P<lines>align|equation|gather|aligned|eqnarray)\*?\}}"
)
_HOLDS_VALUE = re.compile(
    r"\d|\\(?:infty|pi|frac|sqrt|begin|emptyset|varnothing|cup|in)\b|[<>=≤≥]|\\(?:leq?|geq?|lt|gt|neq?)\b|\\text"
)
_LAST_EQUALS = re.compile(r".*(?<![<>!:=])=(?![=>])", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(?:align|equation|gather|aligned|eqnarray)\*?\}")
_SENTENCE = re.compile(r"(?<=[.!?。])(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bMrs\.)\s+|\n+")
_DIGIT = re.compile(r"\d")
_CONCLUSION = re.compile(
    r"(?:\d{1,2}[.)]\s|[-*#]{1,4}\s)?[*_]{0,2}"
    r"(?:therefore|thus|hence|in conclusion|in total|so,? in total|finally)\b",
    re.I,
)
_RESULT = re.compile(rf"[=≈:]\s{{0,2}}-?{_CURRENCY}?(\d[\d,]{{0,40}}(?:\.\d{{1,40}})?)(?!\s?[-+*/x×÷\d])")
_REACH = 4000  # characters ahead of the conclusion in which its computation stands
_MOST_BARE = 2500  # pieces of mathematics without delimiters that are read in one text
_LONGEST_BARE = 600  # characters of mathematics without delimiters
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")


class _Found(NamedTuple):
    start: int
    end: int
    answer: str


def last_value(text: str) -> str | None:
    """The value of the concluding sentence; None if the text has no number and no mathematics with a value.

    A text that is nothing but a value is that value. Otherwise: the last sentence that concludes
    ("Therefore, ...") with a value in it, else the last sentence with one; in it the value in bold, else the
    number that the last computation gave ("... = 525. Therefore, she saves $525 in 5 days" is $525), else the
    last. Of mathematics counts what stands behind the last `=`. Numbers of list items, steps and ordinals are
    no values.
    """
    text = text.strip()
    whole = read_value(text)
    if (
        whole is not None
        and (_DIGIT.search(text) or text[0] == "$")
        and not text[whole.end :].strip(" \t\n.*_`$€\"'\\")
    ):
        return whole.content
    values = _values(text)
    if not values:
        return None
    bounds = _sentence_starts(text, values)
    start, inside = _conclusion(text, bounds, values)
    said = _CONCLUSION.match(text, start)
    rest = text[said.end() : inside[-1].end + 80].lstrip(" ,:") if said else ""
    alone = read_value(rest) if said else None
    if alone is not None and re.match(r"[$*\s]{0,4}(?:\.?\s*\Z|\.?\s*\n)", rest[alone.end :]):
        return alone.content  # "Thus, x = 4 and y = 3."
    return _choose(text, start, inside)


def _values(text: str) -> list[_Found]:
    """Mathematics that holds a value, and numbers outside of mathematics, in order."""
    found: list[_Found] = []
    position = num_bare = 0
    while True:
        opening = _MATHEMATICS.search(text, position)
        found.extend(_numbers(text, position, opening.start() + 1 if opening else len(text)))
        if opening is None:
            return found
        num_bare += opening["bare"] is not None
        segment = None if opening["bare"] and num_bare > _MOST_BARE else _segment(text, opening)
        if segment is None:
            position = opening.end()
            if opening[0] == "$":  # currency
                price = _NUMBER.match(text, opening.start())
                if price:
                    found.append(_Found(price.start(), price.end(), price[0]))
                    position = price.end()
            continue
        if _HOLDS_VALUE.search(segment.answer):
            found.append(segment)
        position = segment.end


def _segment(text: str, opening: re.Match[str]) -> _Found | None:
    if opening["bare"]:
        value = read_value(text[opening.start() : opening.start() + _LONGEST_BARE])
        if value is None:
            return None
        content, end = value.content, opening.start() + value.end
    elif opening["lines"]:
        end = text.find("\\end{", opening.end(), opening.end() + 2000)
        if end < 0:
            return None
        content = text[opening.end() : end]
    else:
        segment = math_segment(text, opening.start())
        if segment is None:
            return None
        content, end = segment.content, segment.end
        attached = read_value(text[opening.start() : end + 12])  # `$28$ percent`
        if attached is not None and opening.start() + attached.end > end:
            content, end = attached.content, opening.start() + attached.end
    return _Found(opening.start(), end, _right_side(_ENVIRONMENT.sub(" ", content)))


def _right_side(content: str) -> str:
    """Behind the last `=`, except where a zero stands there: `x - 2y = 0` is an equation."""
    equals = _LAST_EQUALS.match(content)
    right = content[equals.end() :] if equals else content
    right = right.strip().rstrip("\\").rstrip(" .,;&")
    balanced = right.count("{") == right.count("}") and right.count("(") == right.count(")")
    return right if right.strip("0 ") and balanced else content.strip()


def _numbers(text: str, start: int, stop: int) -> list[_Found]:
    found = []
    for number in _NUMBER.finditer(text, start, stop):
        ahead = text[max(0, number.start() - 16) : number.start()]
        behind = text[number.end() : number.end() + 4]
        if (not number["rest"] and _ORDINAL.match(behind)) or _LABEL.search(ahead):
            continue
        if behind[:1] in (".", ")") and behind[1:2] in ("", " ", "\n") and _LIST_NUMBER.search(ahead or "\n"):
            continue
        answer = number[0].strip()
        if number["rest"] and number["rest"].startswith(","):
            answer = answer.replace(",", ".")
        if number["sign"] and re.search(r"[\d)]\s?\Z", ahead):
            answer = answer[1:]
        found.append(_Found(number.start(), number.end(), answer))
    return found


def _sentence_starts(text: str, values: list[_Found]) -> list[int]:
    """Where sentences begin; a line break inside mathematics begins none."""
    starts = [v.start for v in values]
    bounds = [0]
    for gap in _SENTENCE.finditer(text):
        index = bisect_right(starts, gap.start()) - 1
        if index < 0 or values[index].end <= gap.start() + 1:
            bounds.append(gap.end())
    return bounds


def _conclusion(text: str, bounds: list[int], values: list[_Found]) -> tuple[int, list[_Found]]:
    """The start of the concluding sentence and its values."""
    sentences: dict[int, list[_Found]] = {}
    for value in values:
        sentences.setdefault(bounds[bisect_right(bounds, value.start) - 1], []).append(value)
    for start in reversed(sentences):
        if _CONCLUSION.match(text, start):
            return start, sentences[start]
    start = next(reversed(sentences))
    return start, sentences[start]


def _choose(text: str, start: int, inside: list[_Found]) -> str:
    bold = _last_bold(text, start, inside)
    if bold is not None:
        return bold.answer
    if len(inside) > 1 and "=" not in text[start : inside[-1].end]:
        results = _RESULT.findall(text, max(0, start - _REACH), start)
        if results:
            same = [v for v in inside if _plain(v.answer) == _plain(results[-1])]
            if same:
                return same[-1].answer
    return inside[-1].answer


def _last_bold(text: str, start: int, inside: list[_Found]) -> _Found | None:
    ends = [bold.end() for bold in _BOLD.finditer(text, start, inside[-1].end + 80)]
    starts = [bold.start() for bold in _BOLD.finditer(text, start, inside[-1].end + 80)]
    for value in reversed(inside):
        index = bisect_right(starts, value.start) - 1
        if index >= 0 and value.start < ends[index]:
            return value
    return None


def _plain(number: str) -> str:
    digits = number.strip("$€£¥₹ ").replace(",", "")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
