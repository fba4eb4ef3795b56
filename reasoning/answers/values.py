"""Reading the value that stands at the start of a piece of text."""

import re

from reasoning.answers.delimiters import LONGEST_ANSWER, Value, math_segment

_FUNCTION = re.compile(
    r"(?:arc)?(?:sin|cos|tan|cot|sec|csc)h?|log|ln|lg|exp|sqrt|cbrt|pi|theta|inf(?:inity)?|max|min|gcd|lcm|mod"
    r"|abs|floor|ceil|binom|union|cup",
    re.IGNORECASE,
)
_JOINERS = frozenset(("and", "or"))
_UNIT = re.compile(
    r"(?:[mckdn]?m|mi|in|ft|yd|inch(?:es)?|foot|feet|yards?|miles?|(?:milli|centi|kilo)?(?:met(?:er|re)|gram)s?|[mk]?g"
    r"|tons?|tonnes?|oz|ounces?|lbs?|pounds?|ml|l|lit(?:er|re)s?|gallons?|quarts?|pints?|cups?|s|secs?|seconds?|min"
    r"|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?|decades?|century|centuries|degrees?|rad|radians?|celsius"
    r"|fahrenheit|kelvin|dollars?|cents?|euros?|usd|yen|rupees?|pesos?|k?wh?|watts?|volts?|hz|joules?|n|newtons?"
    r"|[mk]ph|acres?|hectares?|sq|cu|square|cubic|per|units?|hundred|thousand|[mbtr]{1,2}illion|dozens?|half|halves"
    r"|thirds?|quarters?|fifths?|[ap]\.?m)",
    re.IGNORECASE,
)
_UNIT_SHAPE = re.compile(r"([A-Za-z][A-Za-z.]{0,15})(?:/[A-Za-z]{1,8})?(?:[²³]|\^[23])?")
_PREPOSITION = re.compile(r"in [A-Za-z]")  # "5 in all" is not 5 inches
_PERCENT = re.compile(r"[ \t]{0,2}(?:\\?%|％|percent(?:age)?\b|pct\b)", re.IGNORECASE)
_NOISE = re.compile(r"(?:[\s*_`>=:：\"'“”‘’«»]|\\[\"'])*")
_STOP = re.compile(r"<\||</|<[a-z]{2}|\[/?INST\]|\*\*(?![\w({\\$-])|!(?=\s*\Z|\s+[A-Z]|\n)")
_TOKEN = re.compile(
    r"(?P<delimiter>\\\(|\\\[|\$\$?)|(?P<command>\\[A-Za-z]+|\\[^A-Za-z])"
    r"|(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)"
    r"|(?P<word>[A-Za-z]{2,})|(?P<letter>[A-Za-zα-ωΑ-Ωℝℤℚℕℂ])|(?P<space>[ \t\u00a0\u2009\u202f~]+)"
    r"|(?P<opening>[({\[])|(?P<closing>[)}\]])|(?P<postfix>[!'′°%∞½⅓⅔¼¾⅕⅛⅜⅝⅞²³¹⁰-⁹₀-₉€])"
    r"|(?P<operator>[-+*/^_=<>|−–×·÷±√≤≥≠≈≡∈∪∩∅:&£¥₹])|(?P<separator>[,;、，])"
)
_BOXES = frozenset(("\\boxed", "\\fbox", "\\framebox"))  # whole boxes are read before; this one is cut off
_ARTICLE = re.compile(r"(?:a|I) [A-Za-z]{2}|A (?!because|since|as|which|and|is|by|from)[a-z]{2}")
_PROSE_IN_BRACKETS = re.compile(r"[(\[][A-Za-z]{2,} ")
_CLAUSE = re.compile(r"[ \t](?:is|are|was|were|has|have|had|means|gives)\b")
_NEXT_PART = re.compile(r",?[ \t]{1,3}(?:and[ \t]{1,3})?(?=\$?\d)")
_MOST_PARTS = 8


def read_value(text: str) -> Value | None:
    """The number, expression or list a text starts with, and its percent sign or unit; None for words.

    `$2$ or $3$, since` is `2 or 3`; `1,234 people in all` is `1,234`, since what is counted is no unit; `5 cm.`
    keeps its unit; `3 hours and 30 minutes` is one value; `5, and 7 is the sum` is `5`. Delimiters of mathematics
    are left out, a currency sign is kept.
    """
    text = text[: LONGEST_ANSWER + 200]
    noise = _NOISE.match(text)
    value = _read_run(text, noise.end() if noise else 0)
    if value is None:
        return None
    value = _with_unit(text, value)
    for _ in range(_MOST_PARTS):
        link = _NEXT_PART.match(text, value.end)
        part = _read_run(text, link.end()) if link and value.content[-1:].isalpha() else None
        if link is None or part is None:
            break
        part = _with_unit(text, part)
        value = Value(value.content + link[0] + part.content, part.end)
    return value


def _read_run(text: str, start: int) -> Value | None:
    """Tokens of mathematics from `start`, up to the last operand outside all brackets."""
    parts: list[str] = []
    kept, end, depth, position = 0, start, 0, start
    first_item: tuple[int, int] | None = None
    while position < len(text) and not (text[position] in "<[*!" and _STOP.match(text, position)):
        token = _TOKEN.match(text, position)
        kind = token.lastgroup if token else None
        piece = token[0] if token else text[position]
        segment = math_segment(text, position) if kind == "delimiter" else None
        if segment is not None:
            piece, behind = segment.content, segment.end
        elif (
            piece in _BOXES
            or (kind == "delimiter" and (piece != "$" or depth))
            or (depth == 0 and (token is None or _is_prose(text, token, parts)))
        ):
            break
        else:
            behind = position + len(piece)
        depth += (kind == "opening" or piece == "\\begin") - (kind == "closing" or piece == "\\end")
        if depth < 0:
            break
        if depth == 0 and first_item is None and (kind == "separator" or piece in _JOINERS):
            first_item = (kept, end)
        parts.append(piece)
        position = behind
        if depth == 0 and (segment is not None or _is_operand(kind, piece)):
            kept, end = len(parts), position
    if first_item is not None and _CLAUSE.match(text, end):
        kept, end = first_item
    content = "".join(parts[:kept]).strip()
    return Value(content, end) if _holds_value(content) else None


def _is_prose(text: str, token: re.Match[str], parts: list[str]) -> bool:
    """Whether a token outside all brackets is prose rather than mathematics."""
    start = token.start()
    if token["word"]:
        if token[0] in _JOINERS:
            return not parts
        touches = bool(parts) and not text[start - 1].isspace()
        return _FUNCTION.fullmatch(token[0]) is None and not (touches and len(token[0]) <= 3)
    if token["letter"]:
        return _ARTICLE.match(text, start) is not None
    return token["opening"] is not None and _PROSE_IN_BRACKETS.match(text, start) is not None


def _is_operand(kind: str | None, piece: str) -> bool:
    if kind == "command":
        return piece[1].isalpha() or piece == "\\}"
    if kind == "word":
        return piece not in _JOINERS
    return kind in ("number", "letter", "closing", "postfix")


def _holds_value(content: str) -> bool:
    return len(content) <= LONGEST_ANSWER and any(c.isalnum() or c in "∞½⅓⅔¼¾∅" for c in content)


def _with_unit(text: str, value: Value) -> Value:
    """Add a percent sign or the known units that follow."""
    if percent := _PERCENT.match(text, value.end):
        content = value.content if value.content.endswith("%") else value.content + "%"
        return Value(content, percent.end())
    end = value.end
    for _ in range(4):
        word = _UNIT_SHAPE.match(text, end + 1 if text[end : end + 1] == " " else end)
        if word is None or not _UNIT.fullmatch(word[1].rstrip(".")) or _PREPOSITION.match(text, word.start()):
            break
        end = word.end()
    return Value(value.content + text[value.end : end].rstrip("."), end)
