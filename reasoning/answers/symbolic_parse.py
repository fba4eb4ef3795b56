"""LaTeX to one sympy expression, or a refusal. Runs only in the symbolic worker.

Math-Verify's own entry (`math_verify.parse`) picks a part of the text by regular expressions and falls back
to sympy's `parse_expr`, which evaluates Python. Neither is used: the entry is the grammar's rule for one
expression, on the whole text. What is refused here by its spelling is what the grammar accepts and then drops
or guesses; see symbolic_convert.py for what only the syntax tree shows.
"""

import re
from typing import Any

from reasoning.answers.symbolic_convert import StrictConverter, UndecidableError

MAX_DEPTH = 40  # nested delimiters; the generated parser needs about 15 stack frames for each

_COMMAND_NAMES = """
    frac sqrt int sum prod lim to rightarrow infty sin cos tan csc sec cot arcsin arccos arctan arccsc
    arcsec arccot sinh cosh tanh arsinh arcosh artanh ln log exp cdot times div begin end binom lfloor
    rfloor lceil rceil lvert rvert max min gcd lcm det pi
"""
_GREEK_NAMES = """
    alpha beta delta epsilon zeta eta theta kappa lambda mu nu xi rho sigma tau phi chi psi omega
    Delta Omega Phi Psi Theta Sigma
"""
GREEK = frozenset(_GREEK_NAMES.split())
_COMMANDS = GREEK | frozenset(_COMMAND_NAMES.split())
_ENVIRONMENTS = frozenset(("matrix", "pmatrix", "bmatrix", "vmatrix"))
_TIDY = (
    (re.compile(r"\\m?(?:left|right)(?![a-zA-Z])|\\[bB]igg?[lr]?(?![a-zA-Z])"), " "),
    (
        re.compile(r"\\(?:limits|nolimits|displaystyle|textstyle|quad|qquad)(?![a-zA-Z])|(?<!\\)\\[,;:! ]|~"),
        " ",
    ),
    (re.compile(r"\\(?:mathrm|operatorname|text)\s*\{\s*([de])\s*\}"), r" \1 "),  # differential, base of ln
    (re.compile(r"\\[dtc]frac(?![a-zA-Z])"), r"\\frac"),
    (re.compile(r"\\[dt]binom(?![a-zA-Z])"), r"\\binom"),
    (re.compile(r"\\(frac|binom|sqrt)\s*([0-9a-zA-Z])(?![0-9]{2})"), r"\\\1{\2}"),
    (re.compile(r"\\(frac|binom)\s*(\{[^{}]*\})\s*([0-9a-zA-Z])(?![0-9])"), r"\\\1\2{\3}"),
    (re.compile(r"([_^])\s*e(?![a-zA-Z])"), r"\1{e}"),
    (re.compile(r"\^\s*([+-])\s*\}"), r"^{\1}}"),  # the side of a limit
)
_REFUSED = re.compile(
    r"[^ -~\n\t]|[%$:;'\"#@?<>]"
    r"|\^\s*\{?\s*T(?![a-zA-Z])"  # transposed, or a power
    r"|[fghA-Z]\s*\("  # a function of the reader's, or a product
    r"|!\s*!"  # the double factorial is not the factorial of a factorial
    r"|\|\s*[_^]"  # evaluated at
    r"|(?<![\^_\d])\d+\s+\d"  # two numbers
    r"|\d\s*e\s*[-+\d]"  # 2e-3: a power of ten, or a difference
    r"|\d[A-Z]+_"  # a number in another base
    r"|(?<![\\a-zA-Z])(?:or|and|is|in|to|of|no|if)(?![a-zA-Z])"
    r"|\\sqrt\s*(?:\d|\{\d\})\d|_\d\d"  # how much belongs to the root, the index
)
_BOUNDED = re.compile(r"\\(?:int|sum|prod)(?![a-zA-Z])")
_WORD = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{3,}")
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_INDEX_I = re.compile(r"_\s*\{\s*i\s*(?:=|\\to|\\rightarrow)|d\s*i(?![a-zA-Z])")
_INTEGRAL_TOKEN = re.compile(
    r"(?P<command>\\[a-zA-Z]+)|(?P<open>[{(\[])|(?P<close>[})\]])|(?P<d>d\s*(?:\\[a-z]+|[a-z](?=d[a-z]|[^a-z]|$)))|.",
    re.DOTALL,
)
_SCRIPT = re.compile(r"\s*(?:\d+|\\[a-zA-Z]+|[^{])")


def tidy(text: str) -> str:
    """Remove what changes only the look and complete shortened forms: `\\dfrac12\\,` is `\\frac{1}{2}`."""
    for pattern, replacement in _TIDY:
        text = pattern.sub(replacement, text)
    return text.strip()


def parse_expression(text: str) -> Any:
    """Parse one expression or matrix, all of it, without evaluating its calculus.

    `i` is the imaginary unit unless it is the index of a sum, a product or a limit, or the variable of an
    integral.

    Args:
        text: tidied LaTeX, without relations or commas between answers.

    Raises:
        UndecidableError: it is not one expression, or it has no single reading.
    """
    _check_spelling(text)
    _check_commands(text)
    _check_depth(text)
    _check_powers(text)
    return StrictConverter(imaginary_i=not _INDEX_I.search(text)).parse(_bracket_integrals(text))


def _check_spelling(text: str) -> None:
    refused = _REFUSED.search(text)
    if refused or text.count("|") > 2:
        raise UndecidableError(f"no single reading: {refused[0] if refused else '|'!r}")
    if _BOUNDED.search(text) and re.search(r"\^\s*\d\d", text):  # \int_0^12x dx
        raise UndecidableError("a bound of two digits without braces")
    plain = re.sub(r"\\(?:begin|end)\s*\{\w*\}", " ", text)
    for word in _WORD.findall(plain):
        if not ("\\int" in text and len(word) <= 4 and word[-2] == "d"):  # \int xydx
            raise UndecidableError(f"a word: {word}")


def _check_commands(text: str) -> None:
    for name in _COMMAND.findall(text):
        if name not in _COMMANDS:
            raise UndecidableError(f"unknown command \\{name}")
    for name in re.findall(r"\\(?:begin|end)\s*\{?(\w*)", text):
        if name not in _ENVIRONMENTS:
            raise UndecidableError(f"unknown environment {name}")


def _check_depth(text: str) -> None:
    depth = 0
    for character in text:
        depth += (character in "({[") - (character in ")}]")
        if depth > MAX_DEPTH:
            raise UndecidableError("nested too deeply")


def _check_powers(text: str) -> None:
    """`a^b^c` is read as (a^b)^c by the grammar, and `a^b!` as (a^b)!: neither is what LaTeX shows."""
    for caret in re.finditer(r"\^", text):
        end = _end_of_script(text, caret.end())
        following = text[end:].lstrip()[:1]
        if following and following in "^!":
            raise UndecidableError("a power of a power, or its factorial, without brackets")


def _end_of_script(text: str, start: int) -> int:
    script = _SCRIPT.match(text, start)
    if script:
        return script.end()
    depth = 0
    for position in range(start, len(text)):
        depth += (text[position] == "{") - (text[position] == "}")
        if depth == 0 and text[position] == "}":
            return position + 1
    raise UndecidableError("a brace is not closed")


def _bracket_integrals(text: str) -> str:
    """Put each integral, from its sign to its differential, in braces: the grammar lets it reach beyond."""
    starts: list[tuple[int, int]] = []  # place and depth of integrals not ended
    opened: dict[int, int] = {}
    closed: dict[int, int] = {}
    depth = 0
    for match in _INTEGRAL_TOKEN.finditer(text):
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        if match[0] == "\\int":
            starts.append((match.start(), depth))
        elif match.lastgroup == "d" and starts and starts[-1][1] == depth:
            start, _ = starts.pop()
            opened[start] = 1
            closed[match.end()] = 1
        while starts and starts[-1][1] > depth:
            starts.pop()  # its differential is inside a fraction
    return "".join(
        "}" * closed.get(i, 0) + "{" * opened.get(i, 0) + character for i, character in enumerate(text + " ")
    )
