"""The last resort: the value with which a text concludes, where nothing says "answer"."""

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from reasoning.answers.closing import closing_formula
from reasoning.answers.delimiters import math_segment
from reasoning.answers.values import read_value

_CURRENCY = r"[$€£¥₹]"
# Chinese, Japanese and Korean put no space between a word and a number.
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_NUMBER = re.compile(
    rf"(?<!{_LETTER})(?<![.,\\^#/:])(?P<sign>[-−+](?=[\d.$]))?(?:\\?{_CURRENCY}\s?)?"
    r"(?P<core>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,2000}(?:\.\d{1,2000})?|\.\d{1,2000})(?!\d)"
    r"(?P<rest>\s\d{1,6}/\d{1,6}(?!\d)|\s?/\s?\d{1,30}(?:\.\d{1,30})?(?![\d/])|:\d{1,6}(?!\d)(?:\s?[AaPp]\.?[Mm]\b)?|,\d{2}(?=\s?[$€£])"
    r"|\s?[x×]\s?10\^?\{?[-−]?\d{1,4}\}?|\^\{?-?\d{1,6}\}?|π|%|\s?\\%|\s(?:percent|pct)\b"
    r"|\s(?:hours?|days?|weeks?|years?|minutes?|feet|foot|pounds?|dollars?)(?:,|\sand|,\sand)?\s\d{1,4}"
    r"\s(?:minutes?|seconds?|hours?|days?|weeks?|months?|inch(?:es)?|ounces?|cents?)\b"
    r"|!(?=\s?[=.,/*]|\s[a-z]))?",
)
_NUMBER_START = re.compile(r"[-−+](?=[\d.$])|\\(?=[$€£¥₹])|[$€£¥₹]|\.(?=\d)|\d+")
_ORDINAL = re.compile(r"st\b|nd\b|rd\b|th\b|[xyznkabc]\b(?![-/])|\*?\(")
_LABELS = (
    *("step", "part", "case", "figure", "problem", "question", "equation", "section", "chapter", "method"),
    *("example", "no", "no.", "note"),
)
# most numbers are told from ordinals, names and list items by one character
_ORDINAL_FIRST, _LABEL_LAST, _ITEM = frozenset("snrtxyzkabc*("), frozenset("ptemnrdoPTEMNRDO."), frozenset(".)")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]{0,8}(?:[*#-]{1,4}[ \t])?\Z")
_BARE_LATEX = rf"(?:(?<!{_LETTER})(?<![.,])-?\d{{1,30}}\s?)?\\(?:[dt]?frac|sqrt|d?binom|pi\b|infty)"
_MATHEMATICS = re.compile(
    rf"\\\(|\\\[|(?<!\\)\$\$?|(?P<bare>{_BARE_LATEX})|\\begin\{{(?P<lines>align|equation|gather|aligned|eqnarray)\*?\}}"
)
_SIGN = re.compile(r"[\\\\$]")
_NUMBER_AHEAD = re.compile(rf"(?<!{_LETTER})(?<![.,])-?\d{{1,30}}\s?\Z")
_HOLDS_VALUE = re.compile(
    r"\d|\\(?:infty|pi|frac|sqrt|begin|emptyset|varnothing|cup|in)\b|[<>=≤≥]|\\(?:leq?|geq?|lt|gt|neq?)\b|\\text"
)
_LAST_EQUALS = re.compile(r".*(?<![<>!:=])=(?![=>])", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(?:align|equation|gather|aligned|eqnarray)\*?\}")
_SENTENCE = re.compile(r"[.!?](?=\s)(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bMrs\.)(?P<gap>\s+)|。\s*|\n+")
_DIGIT = re.compile(r"\d")
_CONCLUSION = re.compile(
    r"(?:\d{1,2}[.)]\s|[-*#]{1,4}\s)?[*_]{0,2}"
    r"(?:therefore|thus|hence|in conclusion|in total|so,? in total|finally)\b",
    re.I,
)
_NUMBERED_ANSWER = re.compile(r"\n[ \t]{0,8}(?:\*\*)?A\d{1,2}[:：]")
_RESULT = re.compile(rf"[=≈:]\s{{0,2}}-?{_CURRENCY}?(\d[\d,]{{0,40}}(?:\.\d{{1,40}})?)(?!\s?[-+*/x×÷\d])")
_REACH = 4000  # characters ahead of the conclusion in which its computation stands
_MOST_BARE = 2500  # pieces of mathematics without delimiters that are read in one text
_LONGEST_BARE = (600, 120)  # characters of such a piece: of the first 500 in a text, and of the others
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
_FORMULA_REACH = 200  # characters around the last value in which a tuple or an equation without delimiters may stand


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
        opening = _next_mathematics(text, position)
        found.extend(_numbers(text, position, opening.start() + 1 if opening else len(text)))
        if opening is None:
            return found
        num_bare += opening["bare"] is not None
        longest = _LONGEST_BARE[num_bare > 500]
        segment = None if opening["bare"] and num_bare > _MOST_BARE else _segment(text, opening, longest)
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


def _next_mathematics(text: str, position: int) -> re.Match[str] | None:
    """The first match of _MATHEMATICS, which is tried only at its signs and at a number right ahead of one."""
    for sign in _SIGN.finditer(text, position):
        start = sign.start()
        ahead = _NUMBER_AHEAD.search(text, max(position, start - 32), start) if sign[0] == "\\" else None
        opening = (ahead and _MATHEMATICS.match(text, ahead.start())) or _MATHEMATICS.match(text, start)
        if opening:
            return opening
    return None


def _segment(text: str, opening: re.Match[str], longest_bare: int) -> _Found | None:
    if opening["bare"]:
        value = read_value(text[opening.start() : opening.start() + longest_bare])
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
    end = start
    for opening in _NUMBER_START.finditer(text, start, stop):
        begin = opening.start()
        number = _NUMBER.match(text, begin, stop) if begin >= end else None
        if number is None:
            continue
        end = number.end()
        sign, rest = number.group("sign", "rest")
        behind = text[end : end + 1]
        if (not rest and behind in _ORDINAL_FIRST and _ORDINAL.match(text, end)) or _is_name(text, begin):
            continue
        ahead = text[max(0, begin - 16) : begin]
        if behind in _ITEM and text[end + 1 : end + 2] in ("", " ", "\n") and _LIST_NUMBER.search(ahead or "\n"):
            continue
        answer = number[0].strip()
        if rest and rest.startswith(","):
            answer = answer.replace(",", ".")
        if sign and re.search(r"[\d)]\s?\Z", ahead):
            answer = answer[1:]
        found.append(_Found(begin, end, answer))
    return found


def _is_name(text: str, begin: int) -> bool:
    """Whether the number that begins here is a name: "step 3", 第3步."""
    if text[begin - 1 : begin] == "第":
        return True
    if begin < 3 or not text[begin - 1].isspace() or text[begin - 2] not in _LABEL_LAST:
        return False
    return text[max(0, begin - 16) : begin - 1].lower().endswith(_LABELS)


def _sentence_starts(text: str, values: list[_Found]) -> list[int]:
    """Where sentences begin; a line break inside mathematics begins none."""
    starts = [v.start for v in values]
    bounds = [0]
    for gap in _SENTENCE.finditer(text):
        start = gap.start("gap") if gap["gap"] else gap.start()
        index = bisect_right(starts, start) - 1
        if index < 0 or values[index].end <= start + 1:
            bounds.append(gap.end())
    return bounds


def _conclusion(text: str, bounds: list[int], values: list[_Found]) -> tuple[int, list[_Found]]:
    """The start of the concluding sentence and its values.

    Of answers to sub-questions (lines `A1: ...`, `A2: ...`) the last is the conclusion, whatever an earlier one
    concludes: "A1: Therefore, she used 78 cups." + "A2: She used 42 spoons." is 42.
    """
    labels = [label.start() for label in _NUMBERED_ANSWER.finditer("\n" + text)]
    floor = labels[-1] if len(labels) > 1 and labels[-1] < values[-1].start else 0
    starts = [value.start for value in values]
    last: tuple[int, list[_Found]] | None = None
    stop = len(values)
    while stop > 0:
        start = bounds[bisect_right(bounds, starts[stop - 1]) - 1]
        first = bisect_left(starts, start)
        if start >= floor and _CONCLUSION.match(text, start):
            return start, values[first:stop]
        last = last or (start, values[first:stop])
        stop = first
    assert last is not None, "values"
    return last


def _choose(text: str, start: int, inside: list[_Found]) -> str:
    bold = _last_bold(text, start, inside)
    if bold is not None:
        return bold.answer
    formula = _formula_at_end(text, inside[-1])
    if formula is not None:
        return formula
    if len(inside) > 1 and "=" not in text[start : inside[-1].end]:
        results = _RESULT.findall(text, max(0, start - _REACH), start)
        if results:
            same = [v for v in inside if _plain(v.answer) == _plain(results[-1])]
            if same:
                return same[-1].answer
    return inside[-1].answer


def _formula_at_end(text: str, last: _Found) -> str | None:
    """The tuple or equation without delimiters that the sentence of the last value ends on."""
    begin = max(0, last.start - _FORMULA_REACH)
    begin = max((gap.end() for gap in _SENTENCE.finditer(text, begin, last.start)), default=begin)
    gap = _SENTENCE.search(text, last.end, last.end + _FORMULA_REACH)
    stop = gap.start() if gap else min(len(text), last.end + _FORMULA_REACH)
    return closing_formula(text[begin:stop], last.start - begin)


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
