"""Answers that the text states in words: "The answer is 5", `#### 5`, "Final answer: 5", 答案是 5."""

import re
from typing import NamedTuple

from reasoning.answers.delimiters import LONGEST_ANSWER, Value, math_segment
from reasoning.answers.markers import Marker
from reasoning.answers.tidying import CHOICE
from reasoning.answers.trailing import last_value
from reasoning.answers.values import read_value

_FILLER = re.compile(
    r"(?:[\s:：,*_]|\b(?:therefore|thus|then|so|simply|just|approximately|about|roughly|around|exactly"
    r"|equal to|given by|clearly|indeed|hence|now|also|option|choice|equals|is|are|that|found to be)\b"
    r"|\bthe (?:number|value)(?=\s[-$\\\d])"
    r"|[≈~]|\\approx(?![a-z])){0,12}",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"(?:not|never|neither|n't|no longer)\b", re.IGNORECASE)
_HYPOTHETICAL = re.compile(
    r"\b(?:if|suppose|supposing|unless|whether|might|could|would|wrong|incorrect|guess(?:ed)?|think|thought|say|says|claims?)\b",
    re.IGNORECASE,
)
_NUMBERED_TITLE = re.compile(r"\s{0,4}\d{1,2}[.)]\s{1,4}[^\W\d]")
_NO_ANSWER = re.compile(
    r"(?:correct|right|wrong|incorrect|reasonable|clear|obvious|below|above|follow|known|unknown|unclear|verified|simple"
    r"|found|given|in\b|the\b|as\b|that\b|an?\b|to\b|see\b|shown|consistent|confirmed|good|fine|what|when|where|how|based"
    r"|step|this\b|these\b|we\b|i\b|you\b|let|reached|unique|already|still|even\b|odd\b|of\b|negative|positive|same|valid|invalid|hard|easy|\[|\.\.\.|…)",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATE = re.compile(
    rf"{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\s\d{{4}})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}(?:\s\d{{4}})?(?![A-Za-z])"
)
_OPENS_LINE = re.compile(
    r"(?:\A|\n|[.!?$\]*]\s)[ \t#*_>\d.)-]{0,10}(?:(?:so|therefore|thus|hence|and),?\s)?"
    r"(?:(?:the|our|my)\s)?\Z",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n。]{1,400}")
_SENTENCE_END = re.compile(r"(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bMrs)[.!?](?:\s|$)")
_DANGLING = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|should|would|can|the|an?|of|to|for|in|by|and|or|with)\Z",
    re.IGNORECASE,
)
_WRITTEN_OUT = re.compile(r"\s{0,3}(?:[-+*/x×÷=]|\\times|\\div)\s{0,3}[$\d(\\]")
_LIST = re.compile(r"\s{0,4}1[.)]\s")
_WORDS = re.compile(r"[\w'’(),./+\- ]{1,60}")


class Statement(NamedTuple):
    """An answer in words.

    Attributes:
        start, end: position of the words that announce it.
        certain: False for words that may be no answer ("the answer is nice") and for a hypothetical one.
    """

    start: int
    end: int
    answer: str
    certain: bool


def read_statement(text: str, marker: Marker, *, floor: int, ceiling: int) -> Statement | None:
    """What the marker announces, read between `floor` (for "5 is the answer") and `ceiling`.

    A value right behind the marker is the answer: "The answer is 5 because 2 + 3 = 5". Behind a colon or
    "final answer" a sentence counts by its last value: "Final answer: Jane started 3 hours ago", and a few
    words by themselves: "Answer: Evelyn". `#### Step 2` and "A: Let us think" are a title and a turn.
    """
    if marker.kind == "reverse":
        return _read_backwards(text, marker, floor)
    if marker.kind == "option":
        letter = text[marker.start : marker.end].split()[1].strip("()")
        return Statement(marker.start, marker.end, letter, certain=True)
    payload = text[marker.end : min(ceiling, marker.end + LONGEST_ANSWER + 200)]
    if marker.kind == "hashes" and _NUMBERED_TITLE.match(payload):
        return None
    filler = _FILLER.match(payload)
    payload = payload[filler.end() :] if filler else payload
    if _DENIAL.match(payload) or (_LIST.match(payload) and re.search(r"\n\s{0,4}2[.)]\s", payload)):
        return None
    value = _read_direct(payload)
    if value is not None and not (marker.kind == "letter" and _goes_on(payload, value.end)):
        return Statement(marker.start, marker.end, value.content, certain=not _is_hypothetical(text, marker, floor))
    if marker.kind in ("letter", "roots", "of", "mathematics") or value is not None:
        return None
    return _read_prose(text, marker, payload)


def _read_direct(payload: str) -> Value | None:
    """The value the payload starts with; "12 feet - 11 feet = 1 foot" counts by its result."""
    if date := _DATE.match(payload):
        return Value(date[0], date.end())
    choice = CHOICE.match(payload)
    payload, offset = (payload[choice.end() :], choice.end()) if choice else (payload, 0)
    value = read_value(payload)
    if value is None:
        return None
    line = _LINE.match(payload, value.end)
    if line and _WRITTEN_OUT.match(line[0]) and "=" in line[0]:
        result = read_value(line[0].rpartition("=")[2]) or value
        return Value(result.content, offset + line.end())
    return Value(value.content, offset + value.end)


def _read_prose(text: str, marker: Marker, payload: str) -> Statement | None:
    line = _LINE.match(payload)
    is_firm = marker.kind != "verb" or _announces_final(text, marker)
    if line is None or (not is_firm and _NO_ANSWER.match(payload)):
        return None
    end = _SENTENCE_END.search(line[0])
    sentence = line[0][: end.start()] if end else line[0]
    ends_text = not payload[line.end() :].strip()
    if marker.kind == "hashes" and not ends_text:
        return None  # a title of Markdown
    words = sentence.strip().strip("*_`\"'").strip()
    if not any(c.isdigit() or c in "$\\" for c in words):
        if (
            not words
            or len(words.split()) > 5
            or not _WORDS.fullmatch(words)
            or _NO_ANSWER.match(words)
            or _DANGLING.search(words)
        ):
            return None
        return Statement(marker.start, marker.end, words, certain=is_firm)
    firm = _announces_final(text, marker) or text[marker.end - 1] in ":：" or marker.kind not in ("verb", "colon")
    value = last_value(sentence) if firm and _opens_line(text, marker) else None
    return Statement(marker.start, marker.end, value, certain=True) if value else None


def _read_backwards(text: str, marker: Marker, floor: int) -> Statement | None:
    """`$x > 5$ is the answer`: the mathematics or the number directly ahead of the words."""
    ahead = text[max(floor, marker.start - 300) : marker.start]
    if ahead.endswith("$") and (opening := ahead.rfind("$", 0, len(ahead) - 1)) >= 0:
        segment = math_segment(ahead, opening)
        return Statement(marker.start, marker.end, segment.content, certain=True) if segment else None
    if ahead.endswith("\\)") and (opening := ahead.rfind("\\(")) >= 0:
        return Statement(marker.start, marker.end, ahead[opening + 2 : -2].strip(), certain=True)
    number = re.search(r"(?<![\w.,])-?\$?\d[\d,]{0,30}(?:\.\d{1,30})?%?\Z", ahead)
    return Statement(marker.start, marker.end, number[0], certain=True) if number else None


def _opens_line(text: str, marker: Marker) -> bool:
    """Whether a sentence or line begins with the marker; "to find the answer: add 2 and 3" only passes by."""
    return _OPENS_LINE.search(text, max(0, marker.start - 40), marker.start) is not None or marker.start == 0


def _announces_final(text: str, marker: Marker) -> bool:
    return "final" in text[marker.start : marker.end].lower()


def _goes_on(payload: str, end: int) -> bool:
    """Whether a sentence follows the value on its line, as in "A: 5 apples cost $10, so ..."."""
    rest = payload[end:].split("\n", 1)[0]
    return len(rest.split()) > 3


def _is_hypothetical(text: str, marker: Marker, floor: int) -> bool:
    """Whether the sentence up to the marker says "if", "would", "I thought"."""
    if marker.kind not in ("verb", "of"):
        return False
    ahead = text[max(floor, marker.start - 200) : marker.end]
    sentence = re.split(r"[.!?\n]\s|\n", ahead)[-1]
    return _HYPOTHETICAL.search(sentence) is not None
