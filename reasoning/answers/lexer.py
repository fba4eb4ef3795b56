"""Cleaned text to tokens, in one linear pass."""

import re
from typing import NamedTuple

from reasoning.answers.refusals import LexError

# LaTeX commands that change nothing but appearance
_IGNORED = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle textstyle "
    "scriptstyle limits nolimits , ; : ! > quad qquad space thinspace medspace thickspace enspace hfill noindent "
    "mathstrut strut nonumber centering large Large normalsize small it bf rm".split()
)
_TEXT_COMMANDS = frozenset(
    "text textbf textit textrm textnormal textsf texttt textsc textup mbox hbox mathrm mathbf mathit mathsf mathtt "
    "mathnormal boldsymbol bm operatorname emph underline unit mathop mathord vec overrightarrow hat widehat "
    "textstyle mathcal mathscr mathfrak mathbb ensuremath".split()
)
_OPERATORS = {
    "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "lt": "<", "ge": ">=", "geq": ">=", "geqslant": ">=",
    "geqq": ">=", "gt": ">", "ne": "!=", "neq": "!=", "approx": "approx", "thickapprox": "approx", "simeq": "approx",
    "equiv": "equiv", "sim": "sim", "cong": "equiv", "in": "in", "notin": "notin", "to": "to", "rightarrow": "to",
    "mapsto": "to", "times": "*", "cdot": "*", "ast": "*", "div": "/", "cup": "cup", "bigcup": "cup", "cap": "cap",
    "bigcap": "cap", "setminus": "setminus", "smallsetminus": "setminus", "backslash": "setminus", "pm": "pm",
    "mp": "mp", "lbrace": r"\{", "rbrace": r"\}", "langle": "<(", "rangle": ")>", "lvert": "|", "rvert": "|",
    "vert": "|", "mid": "|", "lfloor": "lfloor", "rfloor": "rfloor", "lceil": "lceil", "rceil": "rceil",
    "lor": "or", "vee": "or", "land": "and", "wedge": "and", "circ": "circ", "degree": "degree", "%": "%",
    "ldots": "...", "dots": "...", "cdots": "...", "dotsc": "...", "prime": "'", "colon": ":", "lbrack": "[",
    "rbrack": "]", "iff": "iff", "Rightarrow": "iff", "implies": "iff", "Leftrightarrow": "iff",
    "lparen": "(", "rparen": ")", "ratio": ":", "And": "and",
}  # fmt: skip
GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar".split()
)
_ALIASES = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom", "arcsin": "asin",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "arccos": "acos", "arctan": "atan", "arcctg": "acot", "arccot": "acot", "tg": "tan", "ctg": "cot",
    "infinity": "infty", "oo": "infty", "inf": "infty", "ceiling": "ceil", "varnothing": "emptyset",
}  # fmt: skip
CONSTANTS = frozenset(("pi", "infty"))
FUNCTIONS = frozenset(
    "sqrt cbrt sin cos tan cot sec csc asin acos atan acot asec acsc sinh cosh tanh coth asinh acosh atanh "
    "ln log lg exp abs floor ceil "
    "binom factorial gcd lcm max min sgn det frac".split()
)
_WORDS = {
    "or": "or",
    "and": "and",
    "percent": "%",
    "percentage": "%",
    "pct": "%",
}

_NUMBER_SETS = {"R": "reals", "Z": "integers", "Q": "rationals", "N": "naturals", "C": "complexes"}
_UNIT_LETTERS = frozenset("mgsLhNJWVAK")
_UNIT = re.compile(r"[A-Za-z]+\s*/\s*[A-Za-z]+|[mgsLhNJWVAK]")

_TOKEN = re.compile(
    r"""(?P<space>\s+|~)
    | (?P<num>(?:\d+\.\d*|\.\d+)[eE][-+]?\d+(?![A-Za-z])|\d+[eE](?:\d+|[-+]\d{2,})(?![A-Za-z])
        |\d+(?:,\d{3})*(?:\.\d+|\.(?![.\d]))?|\.\d+)
    | (?P<env>\\(?:begin|end)\s*\{[A-Za-z*]+\})
    | (?P<cmd>\\[A-Za-z]+)
    | (?P<row>\\\\(?:\s*\[-?[\d.]+\s*(?:pt|em|ex|mm|cm)\])?|\\cr\b|\\newline\b)
    | (?P<escaped>\\[^A-Za-z0-9])
    | (?P<word>[A-Za-z]+)
    | (?P<op><=|>=|!=|==|=<|=>|\.\.\.|\*\*|->|[-+*/^_=<>()\[\]{}|,;:!'%&?@#"`])
    """,
    re.VERBOSE | re.ASCII,
)
_SPACED_THOUSANDS = re.compile(r"\d{1,3}(?: \d{3})+(?![\d,/.]|\s*/)", re.ASCII)
_COMMA_DIGITS = re.compile(r"\d+(?:,\d+)+", re.ASCII)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")


class Token(NamedTuple):
    """kind: num, sym, word, fn, cmd, text, op, begin, end, row, eof."""

    kind: str
    value: str
    spaced: bool = False


def tokenize(text: str) -> list[Token]:
    """Split cleaned text into tokens; a letter run is a function, a word or single letters."""
    tokens: list[Token] = []
    position, spaced, depth = 0, False, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise LexError(text[position])
        kind, value = match.lastgroup or "", match[0]
        end = match.end()
        if kind == "space" or (kind == "escaped" and value[1] in " ,;:!>"):
            spaced = spaced or kind == "space" or value[1] in " ,;:"
            position = end
            continue
        if kind == "num":
            value, end = _number(text, position, end, depth)
            tokens.append(Token("num", value, spaced))
        elif kind == "cmd":
            end = _command(text, value[1:], end, spaced, tokens)
        elif kind == "word":
            _letters(value, spaced, tokens)
        elif kind == "env":
            name = value[value.index("{") + 1 : -1].rstrip("*")
            if value.startswith("\\begin") and name == "array":
                end = _skip_column_format(text, end)
            tokens.append(Token(value[1 : 6 if value[1] == "b" else 4].rstrip(), name, spaced))
        elif kind == "escaped":
            tokens.append(_escaped(value, spaced))
        elif kind == "row":
            tokens.append(Token("row", value, spaced))
        else:
            value = {"==": "=", "=<": "<=", "=>": ">=", "**": "^", "->": "to"}.get(value, value)
            depth += (value in "([" or (value == "{" and not _is_argument(tokens))) - (value in ")]" and depth > 0)
            tokens.append(Token("op", value, spaced))
        if tokens and tokens[-1].value in (r"\{", "<("):
            depth += 1
        position, spaced = end, False
    return tokens


def _is_argument(tokens: list[Token]) -> bool:
    """Whether an opening brace here starts an argument of LaTeX rather than a set."""
    return bool(tokens) and (tokens[-1].kind in ("cmd", "fn") or tokens[-1].value in ("}", "^", "_", "]"))


def _number(text: str, start: int, end: int, depth: int) -> tuple[str, int]:
    """Thousands separators belong to a number; inside brackets a comma separates items.

    `0,111` is a decimal comma, since no thousand starts with 0; `1,2,345` is a list.
    """
    value = text[start:end]
    if "," in value or text[end : end + 1] == ",":
        run = _COMMA_DIGITS.match(text, start)
        if run is not None:
            if depth == 0 and re.fullmatch(r"0,\d{3}", run[0]):
                return run[0].replace(",", "."), run.end()
            if depth > 0 or not _THOUSANDS.fullmatch(run[0]):
                first = re.match(r"\d+", value)
                assert first is not None
                return first[0], start + first.end()
    elif len(value) <= 3 and depth == 0 and (run := _SPACED_THOUSANDS.match(text, start)):
        return run[0].replace(" ", ""), run.end()
    return value.replace(",", ""), end


def _command(text: str, name: str, end: int, spaced: bool, tokens: list[Token]) -> int:
    name = _ALIASES.get(name, name)
    if name in _TEXT_COMMANDS:
        content, end = braced(text, end)
        if name == "mathbb":
            tokens.append(Token("sym", _NUMBER_SETS.get(content.strip(), content.strip()), spaced))
        else:
            _text(content, spaced, tokens, is_font=not name.startswith(("text", "mbox", "hbox", "emph")))
    elif name in ("hspace", "vspace", "phantom", "hphantom", "label", "tag"):
        _, end = braced(text, end)
    elif name in _OPERATORS:
        tokens.append(Token("op", _OPERATORS[name], spaced))
    elif name in GREEK or name in CONSTANTS or name == "emptyset":
        tokens.append(Token("sym", name, spaced))
    elif name in FUNCTIONS and name not in ("frac", "sqrt", "binom"):
        tokens.append(Token("fn", name, spaced))
    elif name not in _IGNORED:
        tokens.append(Token("cmd", name, spaced))
    return end


def _letters(run: str, spaced: bool, tokens: list[Token]) -> None:
    """A run of letters: a known word, a few variables side by side, or a word."""
    name = _ALIASES.get(run, run)
    if run in ("min", "sec") and _follows_number(tokens):
        tokens.append(Token("word", run, spaced))
    elif name in FUNCTIONS:
        tokens.append(Token("fn", name, spaced))
    elif name in CONSTANTS or name in ("theta", "alpha", "beta", "emptyset"):
        tokens.append(Token("sym", name, spaced))
    elif name.lower() in _WORDS:
        tokens.append(Token("op", _WORDS[name.lower()], spaced))
    elif len(run) == 1:
        tokens.append(Token("sym", run, spaced))
    else:
        tokens.append(Token("word", run, spaced))


def _text(content: str, spaced: bool, tokens: list[Token], *, is_font: bool) -> None:
    """`\\text{...}`: a connective, a number or letter in upright type, or words."""
    stripped = content.strip().strip("$").strip()
    bare = stripped.strip("()., ")
    if bare.lower() in _WORDS:
        tokens.append(Token("op", _WORDS[bare.lower()], True))
    elif is_font and tokens and tokens[-1].value == "in" and stripped in _NUMBER_SETS:
        tokens.append(Token("sym", _NUMBER_SETS[stripped], spaced))  # k \in \mathbf{Z}
    elif is_font and tokens and tokens[-1].kind == "num" and _UNIT.match(stripped):
        tokens.append(Token("text", stripped, spaced))  # 20\,\mathrm{m/s}
    elif is_font and not re.search(r"[A-Za-z]{2}", re.sub(r"\\[A-Za-z]+", "", stripped)):
        tokens.extend(tokenize(stripped))  # \mathbf{x}, \mathrm{e}, \mathbb{R}, \vec{v}
    elif not is_font and len(bare) == 1 and bare in _UNIT_LETTERS and _follows_number(tokens):
        tokens.append(Token("text", bare, spaced))  # 5\text{ m}
    elif len(bare) <= 1 or re.fullmatch(r"[-+]?[\d,]*\.?\d+", bare):
        tokens.extend(tokenize(bare))
    elif bare in FUNCTIONS and not (bare in ("min", "sec") and _follows_number(tokens)):
        tokens.append(Token("fn", bare, spaced))
    else:
        tokens.append(Token("text", stripped, spaced))


def _follows_number(tokens: list[Token]) -> bool:
    return bool(tokens) and (tokens[-1].kind == "num" or tokens[-1].value in ("}", ")"))


def _escaped(value: str, spaced: bool) -> Token:
    if value in (r"\{", r"\}"):
        return Token("op", value, spaced)
    if value == r"\%":
        return Token("op", "%", spaced)
    if value == r"\$":
        return Token("cmd", "$", spaced)
    if value in (r"\|", r"\&", r"\#", r"\_"):
        return Token("op", value[1], spaced)
    raise LexError(value)


def braced(text: str, start: int) -> tuple[str, int]:
    """The content of the braces that open at or after `start`, else the next single character.

    Returns:
        content and the position behind it.
    """
    while start < len(text) and text[start].isspace():
        start += 1
    if start >= len(text):
        return "", start
    if text[start] != "{":
        command = re.compile(r"\\[A-Za-z]+").match(text, start)
        end = command.end() if command else start + 1
        return text[start:end], end
    depth = 0
    for position in range(start, len(text)):
        character = text[position]
        if character == "{" and text[position - 1] != "\\":
            depth += 1
        elif character == "}" and text[position - 1] != "\\":
            depth -= 1
            if depth == 0:
                return text[start + 1 : position], position + 1
    raise LexError("{")


def _skip_column_format(text: str, start: int) -> int:
    """Skip `{cc|c}` behind `\\begin{array}`."""
    return braced(text, start)[1] if text[start:].lstrip().startswith("{") else start
