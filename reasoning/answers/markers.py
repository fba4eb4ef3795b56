"""Where a text announces an answer in words: "the answer is", `####`, "Final answer:", 答案是."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_NOUN = (
    r"(?<![A-Za-z])(?:(?:final|correct|ultimate|numerical|overall)\s{1,2}){0,2}answers?(?![A-Za-z])"
    r"|(?<![A-Za-z])final\s(?:result|value|solution|total|output)(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:correct|right)\s(?:option|choice)(?![A-Za-z])"
)
_MARKUP = r"[*_`\"')]{0,4}"
_SCOPE = (
    r"(?:,?\s(?:in|to|for|of|as|with|rounded|expressed|then|therefore|thus|here|should|must|will|would)\b[^.:：!?\n]{0,80}?"
    r"|\s\([^()\n]{0,60}\))?"
)
_MARKER = re.compile(
    rf"(?P<verb>(?:{_NOUN}){_MARKUP}{_SCOPE},?\s{{1,3}}(?:is|are|equals?|be|was|=)(?![A-Za-z])\s{{0,2}}[:：]?)"
    rf"|(?P<colon>(?:{_NOUN}|(?<![A-Za-z])ans(?=\s?[:.=])){_MARKUP}(?:\s\([^()\n]{{0,60}}\))?\s{{0,2}}[:：=]{_MARKUP})"
    rf"|(?P<mathematics>(?:{_NOUN}){_MARKUP}\s{{1,3}}(?=\$|\\[(\[]))"
    r"|(?P<of>(?<![A-Za-z])answer\sof\s(?=\$|\\|-?\d))"
    r"|(?P<heading>^[ \t]{0,8}[#*_>\d. \t]{0,10}(?:the\s|my\s)?(?:(?:final|correct)\s)?answer[*_]{0,3}"
    r"[ \t]{0,4}\n)"
    r"|(?P<hashes>(?<!\#)\#\#\#\#(?!\#))"
    r"|(?P<letter>^[ \t]{0,8}(?:\*\*)?A(?:\*\*)?[:：](?:\*\*)?)"
    r"|(?P<tag><answer>)"
    r"|(?P<reverse>\s(?:is|are)\s(?:the|our|my)\s(?:(?:final|correct|required|desired)\s)?(?:answers?|solutions?)(?![A-Za-z]))"
    r"|(?P<option>(?<![A-Za-z])(?:option|choice)\s\(?[A-J]\)?\sis\s(?:the\s)?(?:correct|right)(?![A-Za-z]))"
    r"|(?P<roots>(?<![A-Za-z])(?:solutions|roots)(?:\s(?:of|to|for)\b[^.:!?\n]{0,80}?)?\sare(?![A-Za-z])[:：]?)"
    r"|(?P<foreign>(?:最终|最后)?答案(?:应该?|就)?(?:是|为|[:：])|(?:故|综上[，,]?|因此|所以)选[:：]?|la\sr[ée]ponse\s(?:finale\s)?est\s?:?"
    r"|la\srespuesta\s(?:final\s)?es\s?:?|die\santwort\s(?:ist|lautet)\s?:?|(?<!\w)ответ\s?:|答えは|(?:정답|답)은)",
    re.IGNORECASE | re.MULTILINE,
)
# Trying _MARKER at every character is most of the work of extraction, so it is tried only where it can begin:
# at one of these words, or up to _REACH characters ahead of one, at the start of a line or of a leading word.
_OPENING_WORDS = ("####", "final", "ans", "roots")
_INNER_WORDS = ("answer", "solution", "option", "choice", "a:", "a**:", "respuesta", "ponse", "antwort")
_FOREIGN_OPENING_WORDS = (
    *("答案", "最终答案", "最后答案", "故选", "综上", "因此选", "所以选"),
    *("ответ", "答えは", "정답", "답"),
)
_FOREIGN_INNER_WORDS = ("a：", "a**：")
_LEAD = re.compile(r"^|(?=\s(?:is|are)\s|(?:final|correct|right|ultimate|numerical|overall|la|die)\s|<)", re.MULTILINE)
_REACH = 30  # "^        ##########the correct answer"
# The letters that IGNORECASE takes for others beyond what `lower` does, and the one that `lower` makes two of.
_OTHER_CASES = str.maketrans({"İ": "i", "ı": "i", "ſ": "s", "ᲀ": "в", "ᲂ": "о", "ᲄ": "т", "ᲅ": "т"})


class Marker(NamedTuple):
    """Where words announce an answer; the answer stands between `end` and the next marker or box."""

    start: int
    end: int
    kind: str


def find_markers(text: str) -> list[Marker]:
    """Every place that announces an answer, in order; most prove to be none."""
    markers: list[Marker] = []
    end = 0
    for start in _possible_starts(text):
        match = _MARKER.match(text, start) if start >= end else None
        if match:
            end = match.end()
            markers.append(Marker(start, end, match.lastgroup or ""))
    return markers


def _possible_starts(text: str) -> list[int]:
    """Positions, in order, outside of which no marker begins."""
    is_ascii = text.isascii()
    lowered = text.lower() if is_ascii else text.translate(_OTHER_CASES).lower()
    opening = _OPENING_WORDS if is_ascii else _OPENING_WORDS + _FOREIGN_OPENING_WORDS
    inner = _INNER_WORDS if is_ascii else _INNER_WORDS + _FOREIGN_INNER_WORDS
    starts: set[int] = set()
    for word in opening:
        if word in lowered:
            starts.update(_places(lowered, word))
    for word in inner:
        if word in lowered:
            for place in _places(lowered, word):
                starts.add(place)
                starts.update(lead.start() for lead in _LEAD.finditer(lowered, max(0, place - _REACH), place))
    return sorted(starts)


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def payload_ends(markers: Sequence[Marker], starts: Sequence[int], length: int) -> list[int]:
    """For each marker, where the next marker or box begins: no text is read for two markers."""
    ends: list[int] = []
    upcoming = sorted({*starts, *(m.start for m in markers), length})
    index = 0
    for marker in markers:
        while upcoming[index] < marker.end and index < len(upcoming) - 1:
            index += 1
        ends.append(upcoming[index])
    return ends
