"""Mathematics in generated text to MathML trees that a page can build node by node.

Generated LaTeX is hostile. latex2mathml copies what it is given into text and attributes (a link's target, a
style), so its output never reaches the page: its element tree is rebuilt from a list of allowed tags,
attributes and values, and travels as JSON. A formula that does not convert is shown as its source.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

MAX_LATEX = 400  # characters; longer formulas stay text
MAX_NODES = 600
MAX_DEPTH = 40
MAX_FORMULAS = 30_000  # distinct ones a page; about 70 microseconds and 200 bytes each

# tag -> number of children it must have; None for any
ALLOWED_TAGS: dict[str, int | None] = {
    "math": None, "mrow": None, "mi": 0, "mn": 0, "mo": 0, "ms": 0, "mtext": 0, "mspace": 0, "mfrac": 2,
    "msqrt": None, "mroot": 2, "mstyle": None, "msup": 2, "msub": 2, "msubsup": 3, "mover": 2, "munder": 2,
    "munderover": 3, "mtable": None, "mtr": None, "mtd": None, "menclose": None, "mpadded": None,
    "mphantom": None, "merror": None,
}  # fmt: skip
ALLOWED_ATTRIBUTES = frozenset({
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "display",
    "displaystyle", "fence", "form", "height", "linethickness", "lspace", "mathvariant", "maxsize",
    "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel",
    "separator", "stretchy", "voffset", "width",
})  # fmt: skip
# Names, or lengths of at most 4 em: `\hspace{9999999em}` would make the page as wide, and `\rule` as high.
LENGTH = r"[+-]?(?:[0-3](?:\.\d{1,4})?|\.\d{1,4})(?:em|ex|px|pt)?"
ALLOWED_VALUE = re.compile(rf"[A-Za-z][A-Za-z ]{{0,39}}|{LENGTH}(?: {LENGTH}){{0,15}}")

# Definitions can grow without bound, and these commands put their argument into an attribute.
REFUSED_COMMAND = re.compile(
    r"\\(?:def|edef|gdef|let|(?:re)?newcommand|providecommand|newenvironment|DeclareMathOperator|"
    r"href|url|class|cssId|style|data|html\w*|include\w*|input)(?![A-Za-z])"
)

FORMULA = re.compile(
    r"(?<!\\)\\\[(?P<bracket>.{1,400}?)\\\]"
    r"|(?<!\\)\\\((?P<paren>.{1,400}?)\\\)"
    r"|\$\$(?P<dollars>[^$]{1,400})\$\$"
    r"|(?<![\\$\w])\$(?!\s)(?P<dollar>(?:\\\$|[^$\n]){1,400}(?<![\s\\]))\$(?![\d$])"
    r"|(?P<boxed>\\boxed(?=\{))",
    re.DOTALL,
)
PROSE = re.compile(r"[A-Za-z]{3,} [A-Za-z]{3,}")  # `$5 for lunch and 6$` is money, not mathematics
LATEX_IN_ANSWER = re.compile(r"\\[A-Za-z]|[\^_{}]")

MathTree = list[Any]  # [tag, text], [tag, child, ...] or [tag, {attribute: value}, ...]; children are trees
Segments = list[str | int]  # plain text, and indices of formulas


@dataclass(slots=True)
class Formulas:
    """The distinct formulas of a page: an index each, and its LaTeX with its MathML tree."""

    entries: list[tuple[str, MathTree]] = field(default_factory=list)
    _indices: dict[tuple[str, bool], int | None] = field(default_factory=dict)

    def index(self, latex: str, *, is_block: bool = False) -> int | None:
        """The index of a formula, converted when it is first met; None where it must stay text."""
        key = latex, is_block
        if key not in self._indices:
            tree = to_mathml(latex, is_block=is_block) if len(self.entries) < MAX_FORMULAS else None
            self._indices[key] = None if tree is None else len(self.entries)
            if tree is not None:
                self.entries.append((latex, tree))
        return self._indices[key]

    def segments(self, text: str) -> Segments:
        """Split a text at its formulas: `$...$`, `$$...$$`, `\\(...\\)`, `\\[...\\]`, `\\boxed{...}`.

        A dollar sign is ambiguous: `$5 and $6` is money. It opens a formula only when no space follows,
        closes one only when no space precedes and no digit follows, and two words in a row without a
        backslash are prose.
        """
        segments: Segments = []
        end = 0
        for match in FORMULA.finditer(text):
            if match.start() < end:
                continue
            latex, stop, is_block = _delimited(text, match)
            index = None if latex is None else self.index(latex, is_block=is_block)
            if index is not None:
                segments += [text[end : match.start()], index] if match.start() > end else [index]
                end = stop
        return [*segments, text[end:]] if end < len(text) or not segments else segments

    def answer(self, text: str) -> Segments:
        """The whole of an answer as one formula if it contains LaTeX, else as text."""
        index = self.index(text) if LATEX_IN_ANSWER.search(text) and "$" not in text else None
        return self.segments(text) if index is None else [index]


def to_mathml(latex: str, *, is_block: bool = False) -> MathTree | None:
    """Convert one formula.

    Returns:
        A tree of allowed nodes; None where the formula is too long, defines commands or names links,
        does not parse, or comes out as markup that a browser would draw wrongly.
    """
    if len(latex) > MAX_LATEX or REFUSED_COMMAND.search(latex):
        return None
    from latex2mathml.converter import Converter

    try:
        element = Converter(display="block" if is_block else "inline").convert_to_element(latex)
        if sum(1 for _ in element.iter()) > MAX_NODES:
            return None
        return _rebuild(element, depth=0)
    except Exception:  # the library raises IndexError, KeyError, RecursionError, ... on what it cannot read
        return None


def _delimited(text: str, match: re.Match[str]) -> tuple[str | None, int, bool]:
    """The LaTeX of a match, where it ends, and whether it stands on its own line."""
    kind = match.lastgroup
    if kind == "boxed":
        stop = _closing_brace(text, match.end())
        return (None if stop is None else text[match.start() : stop]), stop or match.end(), False
    latex = match[kind or 0]
    is_prose = kind == "dollar" and "\\" not in latex and PROSE.search(latex) is not None
    return (None if is_prose else latex), match.end(), kind in ("bracket", "dollars")


def _closing_brace(text: str, start: int) -> int | None:
    """The end of the braced group that opens at `start`, within the longest allowed formula."""
    depth = 0
    for i in range(start, min(len(text), start + MAX_LATEX)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i + 1
    return None


def _rebuild(element: Element, *, depth: int) -> MathTree:
    """The element as a tree of allowed nodes.

    Raises:
        ValueError: a tag that is not allowed, a fraction without its second half, a command left unread.
    """
    tag = element.tag
    if depth > MAX_DEPTH or ALLOWED_TAGS.get(tag, -1) not in (None, len(element)):
        raise ValueError(tag)
    if tag == "mrow" and len(element) == 1:
        return _rebuild(element[0], depth=depth + 1)
    text = html.unescape(element.text or "")
    if text.startswith("\\") and len(text) > 1:
        raise ValueError(text)
    attributes = {
        name: value
        for name, value in sorted(element.attrib.items())
        if name in ALLOWED_ATTRIBUTES and ALLOWED_VALUE.fullmatch(value) and value != "inline"
    }
    children = [_rebuild(child, depth=depth + 1) for child in element]
    return [tag, *([attributes] if attributes else []), *([text] if text else []), *children]
