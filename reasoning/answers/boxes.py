"""Answers in `\\boxed{...}`."""

import re
from typing import NamedTuple

# A JSON reader that meets an unescaped "\boxed" or "\fbox" turns its first letter into a control character.
_OPENING = re.compile(
    r"(?:(?P<slashes>\\{1,8})(?:boxed|fbox|framebox)(?![A-Za-z])|\x08oxed|\x0cbox)[ \t]{0,8}\n?[ \t]{0,8}"
)
_MACRO = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])")
_BARE = re.compile(r"(?:\\[A-Za-z]{1,20}|\{[^{}$\n]{0,200}\}|[^\s$\\{}]){1,100}")
_BARE_VALUE = re.compile(r"[^\\]*\d|\\[A-Za-z]|[A-Za-z]\Z")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_SUFFIX = re.compile(r"\s{0,2}\$?\s{0,2}(?:(?P<base>_\{?\d{1,2}\}?)|(?P<percent>\\?%|percent\b|pct\b))")
_EARLY_END = re.compile(r"\$|\\\)|\\\]|\n")
_PLACEHOLDER = re.compile(
    r"(?:[\s.,:;?_~{}$]|\\[.,;:! ]|\\[cl]?dots\b|\\q?quad\b|\\(?:h|v)?phantom\b|…|□|⋯"
    r"|\\text\{|\\(?:text|math)(?:rm|bf|it)\{|(?:your |the |insert |final )*answer(?: here)?|\*){0,40}",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"(?:[\s$~,;&{}]|\\[()\[\],;:! ]|\\\\|\\q?quad\b|\\(?:text|textrm|mathrm|mbox|textbf)\s?\{"
    r"|\b(?:and|or)\b|\bfor\s(?:part\s)?\(?[a-h1-9]\)?|[A-Za-z](?:_\{?\w{1,3}\}?)?\s?="
    r"|[A-Za-z]\([A-Za-z0-9]\)\s?=){0,60}"
)
_NAME = re.compile(r"(?<![A-Za-z\\])([A-Za-z](?:_\w|_\{\w{1,3}\})?(?:\([A-Za-z0-9]\))?)\s?=\s?[$\s]{0,3}\Z")
_CONNECTIVE = re.compile(r"[,;&]|\b(?:and|or)\b")
_LONGEST_JOINT = 120


class Box(NamedTuple):
    """A box, or several that the sentence joins into one answer."""

    start: int
    end: int
    contents: tuple[str, ...]


def find_boxes(text: str) -> list[Box]:
    """The boxed answers of a text in order; those that a sentence joins come as one.

    Of nested boxes the innermost counts. An empty box and a placeholder (`\\boxed{}`, `\\boxed{answer}`) are
    instructions repeated, not answers. A box that the text breaks off inside is no answer, since `\\boxed{12`
    may have been going to be 128; one whose author forgot the brace but closed the mathematics,
    `$\\boxed{12$`, is.

    One pass: the braces are matched once for all boxes.
    """
    if "box" not in text and "\x08oxed" not in text:
        return []
    openings = list(_OPENING.finditer(text))
    if not openings:
        return []
    closing = _matching_braces(text, {m.end() for m in openings if text.startswith("{", m.end())})
    singles = []
    for number, opening in enumerate(openings):
        following = openings[number + 1].start() if number + 1 < len(openings) else len(text)
        box = _read_box(text, opening, closing, following)
        if box is not None:
            singles.append(box)
    return _join(text, singles)


def _matching_braces(text: str, wanted: set[int]) -> dict[int, int]:
    """Closing position of each wanted opening brace; an escaped brace belongs to a set and counts for nothing."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text, min(wanted, default=len(text))):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            start = opened.pop()
            if start in wanted:
                closing[start] = match.start()
    return closing


def _read_box(text: str, opening: re.Match[str], closing: dict[int, int], following: int) -> Box | None:
    start = opening.end()
    if not text.startswith("{", start):
        bare = _BARE.match(text, start, following)
        end = bare.end() if bare else start
        content = bare[0].rstrip(".,;:") if bare else ""
        if not _BARE_VALUE.match(content):
            return None  # "write it in \\boxed notation"
    elif start in closing:
        end = closing[start] + 1
        if following < end:
            return None  # holds another box, which is read on its own
        content = text[start + 1 : end - 1]
    else:
        stop = _EARLY_END.search(text, start, min(following, start + 400))
        if stop is None or "\\begin" in text[start : stop.start()]:
            return None
        end, content = stop.start(), text[start + 1 : stop.start()]
    if _PLACEHOLDER.fullmatch(content):
        return None
    if opening["slashes"] and len(opening["slashes"]) == 2:
        content = content.replace("\\\\", "\\")  # the whole text was escaped twice
    return Box(opening.start(), end, (content + _suffix(text, end),))


def _suffix(text: str, end: int) -> str:
    """A base or a percent sign written just behind the box belongs to the answer: `\\boxed{101}_2`."""
    suffix = _SUFFIX.match(text, end)
    if suffix is None:
        return ""
    return suffix["base"] or r"\%"


def _join(text: str, boxes: list[Box]) -> list[Box]:
    """Merge neighbours with nothing between them but "and", "or", a comma, and what names the second one.

    `$\\boxed{2}$ and $\\boxed{3}$` is one answer of two values, `$\\boxed{2}$, so $x + 1 = \\boxed{3}$` is not.
    """
    groups: list[list[Box]] = []
    for box in boxes:
        if groups and _is_joint(text[groups[-1][-1].end : box.start]):
            groups[-1].append(box)
        else:
            groups.append([box])
    return [Box(g[0].start, g[-1].end, _contents(text, g)) for g in groups]


def _contents(text: str, group: list[Box]) -> tuple[str, ...]:
    """What each box of a group holds, with its name where all have one: `x = \\boxed{2}, y = \\boxed{5}`."""
    contents = [box.contents[0].strip() for box in group]
    if len(group) > 1:
        names = [_NAME.search(text[max(0, box.start - 24) : box.start]) for box in group]
        if all(names):
            contents = [f"{name[1]} = {content}" for name, content in zip(names, contents, strict=True) if name]
    return tuple(dict.fromkeys(contents))


def _is_joint(gap: str) -> bool:
    return (
        len(gap) <= _LONGEST_JOINT
        and not re.search(r"\n[ \t]*\n", gap)
        and _CONNECTIVE.search(_MACRO.sub("", gap)) is not None
        and _JOINT.fullmatch(gap) is not None
    )
