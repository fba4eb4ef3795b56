"""One spelling for what Unicode, LaTeX and plain text write differently.

Nothing here changes the value of an answer: look-alike characters, invisible spacing, delimiters of mathematics and
doubled backslashes only.
"""

import re
import unicodedata

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ", "0123456789+-()nix")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₖ", "0123456789+-()nk")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ]+")
_SUBSCRIPT_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₖ]+")

_FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩϕϵ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
        "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega phi epsilon".split(),
        strict=True,
    )
)
_SYMBOLS = {
    "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "∗": "*", "÷": "/", "⁄": "/", "∕": "/",
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "±": r"\pm ", "∓": r"\mp ", "√": r"\sqrt ",
    "∛": r"\sqrt[3]", "∜": r"\sqrt[4]", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ",
    "≦": r"\le ", "≧": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ", "∈": r"\in ", "∉": r"\notin ",
    "∪": r"\cup ", "∩": r"\cap ", "∖": r"\setminus ", "∅": r"\emptyset ", "⌀": r"\emptyset ", "°": r"^\circ ",
    "′": "'", "’": "'", "‘": "'", "″": "''", "…": r"\ldots ", "→": r"\to ", "⌊": r"\lfloor ", "⌋": r"\rfloor ",
    "⌈": r"\lceil ", "⌉": r"\rceil ", "⟨": r"\langle ", "⟩": r"\rangle ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}",
    "ℚ": r"\mathbb{Q}", "ℕ": r"\mathbb{N}", "ℂ": r"\mathbb{C}", "∑": r"\sum ", "∏": r"\prod ", "∫": r"\int ",
    "∠": r"\angle ", "△": r"\triangle ", "∨": r"\lor ", "∧": r"\land ", "∣": "|", "∶": ":", "％": "%",
    "€": r"\euro ", "£": r"\pounds ", "¥": r"\yen ", "￥": r"\yen ", "₹": r"\rupee ", "“": '"', "”": '"',
    "、": ",", "，": ",", "。": ".", "（": "(", "）": ")", "；": ";", "：": ":", "𝑖": "i", "ℯ": "e", "ⅇ": "e", "ⅈ": "i",
}  # fmt: skip
_SPACES = dict.fromkeys(
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
)
_INVISIBLE = dict.fromkeys(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2066\u2067\u2068\u2069\ufeff\u00ad\ufe0f",
    "",
)
_CHARACTERS = str.maketrans(
    {
        **{c: rf"\frac{{{n}}}{{{d}}}" for c, (n, d) in _FRACTIONS.items()},
        **{c: rf"\{name} " for c, name in _GREEK.items()},
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
        **_SPACES,
        **_INVISIBLE,
        **_SYMBOLS,
    }
)

_DOUBLED_BACKSLASH = re.compile(r"\\\\(?=[A-Za-z{}!,;:])")
_TIGHT_COMMA = re.compile(r",\s*\\!\s*")
_TIGHT_GROUP = re.compile(r"(?<=\d)\\!(?=\d{3}(?!\d))")
_GROUP_SPACE = re.compile(r"(?<=\d)(?:\\[,;:!]|~|\{\\[,;:!]\}|\{ \})\s*(?=\d{3}(?!\d))")
_BRACED_COMMA = re.compile(r"\s?\{\s?,\s?\}\s?")
_GLUED_QUAD = re.compile(r"\\q?quad(?=[A-Za-z])")
_DELIMITERS = re.compile(r"(?<!\\)\\[()\[\]]")
_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)")
_WHOLE_BOX = re.compile(r"\s*\\(?:boxed|fbox)\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*")
_WRAPPING = ' \t\r\n*`"\u201c\u201d'
_LEAD = re.compile(
    r"(?:\\approx|\\therefore|(?:\\text\s*\{)?\s*(?:the\s+)?(?:final\s+)?answer(?:\s+is|\s*:)\s*:?\s*\}?)\s*",
    re.IGNORECASE,
)
_LEAD_STARTS = frozenset("\\aAtTfF")
_DOLLAR = re.compile(r"(?<!\\)\$")
_TAIL = " \t\r\n.,;:!\\"


def clean(text: str) -> str:
    """The answer in ASCII LaTeX, without delimiters of mathematics and outer punctuation.

    `$5$`, `\\(5\\)`, `５` and ` 5. ` all become `5`. An escaped dollar is currency and stays. A factorial at the end
    stays; a full stop does not, so `2.` is `2`.
    """
    if not text.isascii():
        text = _SUPERSCRIPT_RUN.sub(lambda m: f"^{{{m[0].translate(SUPERSCRIPTS)}}}", text)
        text = _SUBSCRIPT_RUN.sub(lambda m: f"_{{{m[0].translate(SUBSCRIPTS)}}}", text)
        text = text.translate(_CHARACTERS)
        text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    if "$" in text:
        text = _DOLLAR.sub(" ", text)
    if "\\" in text:
        text = _clean_latex(text)
    if "{" in text:
        text = _BRACED_COMMA.sub(",", text)
    text = text.strip(_WRAPPING)
    if text and text[-1] in _TAIL:
        text = _strip_tail(text)
    text = text.lstrip(" :;=")
    return _LEAD.sub("", text, count=1) if text[:1] in _LEAD_STARTS else text


def _clean_latex(text: str) -> str:
    if "\\begin" not in text:  # there, a doubled backslash ends a row
        text = _DOUBLED_BACKSLASH.sub(lambda _: "\\", text)
    text = _DELIMITERS.sub(" ", text)
    while (box := _WHOLE_BOX.fullmatch(text)) is not None:
        text = box[1]
    text = _GLUED_QUAD.sub(" ", _BOX.sub("", text))
    text = _TIGHT_COMMA.sub(",", text)
    text = _TIGHT_GROUP.sub(",", text).replace("\\!", "")
    return _GROUP_SPACE.sub("", text)


def _strip_tail(text: str) -> str:
    """Drop closing punctuation, but not an ellipsis, a factorial, or a command such as `\\!`."""
    while text and text[-1] in _TAIL:
        if text.endswith(("...", "!")):
            break
        text = text[:-1]
    return text
