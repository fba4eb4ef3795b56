"""An answer to an evaluated, plain answer. Runs only in the symbolic worker.

Brackets, commas and relations between expressions are kept as written; each expression is parsed, evaluated
and written on its own. What is written has numbers, variables, + * ^, fractions, roots and named functions,
always with explicit `\\cdot` and brackets, so that it has one reading.
"""

import re
from typing import Any

import sympy

from reasoning.answers.symbolic_convert import UndecidableError
from reasoning.answers.symbolic_parse import GREEK, parse_expression, tidy

MAX_OUTPUT = 4000  # characters
_CHECK_TOLERANCE = 1e-3  # relative; quadrature is poor where the integrand has a corner

_SEPARATOR = re.compile(
    r"\\begin\s*\{[^}]*\}|\\end\s*\{[^}]*\}|\\[{}]|\\(?:leq?|geq?|lt|gt|neq?|cup|cap)(?![a-zA-Z])"
    r"|[<>]=?|[=,;(\[{)\]}]"
)
_LITERAL = re.compile(r"-?\d*\.?\d+")
_SYMBOL = re.compile(r"([a-zA-Z]+)(_(?:\{[a-zA-Z0-9]{1,3}\}|[a-zA-Z0-9]))?")
_ATOM = re.compile(r"\d+|[a-zA-Z](?:_\w)?|\\[a-zA-Z]+|\\sqrt\{\w+\}|\\frac\{\w+\}\{\w+\}")
_FUNCTIONS = {
    sympy.sin: r"\sin", sympy.cos: r"\cos", sympy.tan: r"\tan", sympy.cot: r"\cot", sympy.sec: r"\sec",
    sympy.csc: r"\csc", sympy.asin: r"\arcsin", sympy.acos: r"\arccos", sympy.atan: r"\arctan",
    sympy.sinh: r"\sinh", sympy.cosh: r"\cosh", sympy.tanh: r"\tanh", sympy.log: r"\ln",
}  # fmt: skip
_CONSTANTS = {sympy.pi: r"\pi", sympy.E: "e", sympy.I: "i"}
_INFINITE = {sympy.oo: r"\infty", -sympy.oo: r"-\infty"}  # only by themselves
_WRAPPED = {
    sympy.Abs: (r"\left|", r"\right|"),
    sympy.floor: (r"\lfloor ", r"\rfloor "),
    sympy.ceiling: (r"\lceil ", r"\rceil "),
}


def rewrite_answer(text: str) -> str:
    """Evaluate every expression of an answer.

    Args:
        text: LaTeX, e.g. `\\left[0, \\int_0^2 x\\,dx\\right)`, which becomes `[0,2)`.

    Raises:
        UndecidableError: some expression has no single reading, or cannot be evaluated exactly.
        Exception: anything the parser or the computer algebra system raises.
    """
    if re.search(r"\d,\d{3}(?!\d)|\d\s*,\s*\\!", text):
        raise UndecidableError("one number or two")
    rewritten = _rewrite(tidy(text))
    if len(rewritten) > MAX_OUTPUT:
        raise UndecidableError("the result is too long")
    return rewritten


def _rewrite(text: str) -> str:
    pieces, separators = _split(text)
    if separators:
        written = [_rewrite(piece) for piece in pieces]
        joints = [f"{s} " if s in ",;" else f" {s} " for s in separators]
        return written[0] + "".join(joint + w for joint, w in zip(joints, written[1:], strict=True))
    opening, content, closing = _enclosed(text)
    if opening:
        return opening + _rewrite(content) + closing
    if _LITERAL.fullmatch(text):
        return text  # how a decimal is spelled says how exact it is
    if text.startswith("{"):
        raise UndecidableError("a set or a group")
    value = evaluate(parse_expression(text))
    return _INFINITE.get(value) or write(value)


def _split(text: str) -> tuple[list[str], list[str]]:
    """Split at commas and relations outside all brackets and environments."""
    pieces, separators, depth, start = [], [], 0, 0
    for match in _SEPARATOR.finditer(text):
        token = match[0]
        if token in ("(", "[", "{", r"\{") or token.startswith("\\begin"):
            depth += 1
        elif token in (")", "]", "}", r"\}") or token.startswith("\\end"):
            depth -= 1
        elif depth == 0:
            pieces.append(text[start : match.start()].strip())
            separators.append(token)
            start = match.end()
    pieces.append(text[start:].strip())
    return pieces, separators


def _enclosed(text: str) -> tuple[str, str, str]:
    """The brackets around the whole text where they make a tuple, an interval, a list or a set."""
    match = re.fullmatch(r"(\\\{|[(\[])(.*)(\\\}|[)\]])", text, re.DOTALL)
    if not match or not _closes_at_end(text):
        return "", text, ""
    opening, content, closing = match.groups()
    if opening == "(" and closing == ")" and not _split(content)[1]:
        return "", text, ""  # an expression in brackets
    return opening, content.strip(), closing


def _closes_at_end(text: str) -> bool:
    depth = 0
    for match in _SEPARATOR.finditer(text):
        token = match[0]
        depth += (token in ("(", "[", "{", r"\{")) - (token in (")", "]", "}", r"\}"))
        if depth == 0 and token in (")", "]", "}", r"\}"):
            return match.end() == len(text)
    return False


def evaluate(expression: Any) -> Any:
    """Carry out the calculus of an expression.

    An integral is checked against quadrature, and a number that the text gives no reason to be complex must
    be real (a cube root of a negative number, which usage takes to be real and sympy does not).

    Raises:
        UndecidableError: a check fails.
    """
    value = expression.doit()
    if not getattr(value, "is_number", False):
        return value
    if not expression.has(sympy.I) and value.is_extended_real is not True:
        raise UndecidableError("not known to be real")
    if expression.has(sympy.Integral) and value.is_finite:
        numeric, exact = expression.evalf(15), value.evalf(15)
        if numeric.is_Float and abs(numeric - exact) > _CHECK_TOLERANCE * max(1, abs(exact)):
            raise UndecidableError("an integral and its quadrature differ")
    return value


def write(value: Any) -> str:
    """Write an evaluated expression or matrix as plain LaTeX.

    Raises:
        UndecidableError: something in it is not evaluated, not exact, or not among the functions known here.
    """
    if isinstance(value, sympy.MatrixBase):
        rows = (" & ".join(write(value[i, j]) for j in range(value.cols)) for i in range(value.rows))
        return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    if isinstance(value, sympy.Rational):
        return _write_rational(value)
    if isinstance(value, sympy.Symbol):
        return _write_symbol(value.name)
    if isinstance(value, sympy.Add | sympy.Mul):
        sign = " + " if isinstance(value, sympy.Add) else r" \cdot "
        return sign.join(_bracketed(arg) for arg in value.args)
    if isinstance(value, sympy.Pow | sympy.exp):
        return _write_power(*value.as_base_exp())
    return _write_function(value)


def _write_rational(value: Any) -> str:
    sign = "-" if value < 0 else ""
    p, q = abs(value.p), value.q
    return f"{sign}{p}" if q == 1 else f"{sign}\\frac{{{p}}}{{{q}}}"


def _write_symbol(name: str) -> str:
    match = _SYMBOL.fullmatch(name)
    if not match or (len(match[1]) > 1 and match[1] not in GREEK):  # dx, dtheta
        raise UndecidableError(f"not a variable: {name}")
    return ("\\" if len(match[1]) > 1 else "") + name


def _write_power(base: Any, exponent: Any) -> str:
    if exponent == sympy.S.Half:
        return rf"\sqrt{{{write(base)}}}"
    if base.is_number and not exponent.is_integer and base.is_nonnegative is not True:
        raise UndecidableError("a power of what may be negative")
    return f"{_bracketed(base)}^{{{write(exponent)}}}"


def _write_function(value: Any) -> str:
    if isinstance(value, sympy.factorial):
        return f"{_bracketed(value.args[0])}!"
    if isinstance(value, sympy.binomial):
        return rf"\binom{{{write(value.args[0])}}}{{{write(value.args[1])}}}"
    if isinstance(value, sympy.Max | sympy.Min):
        name = r"\max" if isinstance(value, sympy.Max) else r"\min"
        return f"{name}({', '.join(write(arg) for arg in value.args)})"
    if type(value) in _WRAPPED:
        opening, closing = _WRAPPED[type(value)]
        return opening + write(value.args[0]) + closing
    if type(value) in _FUNCTIONS and len(value.args) == 1:
        return f"{_FUNCTIONS[type(value)]}({write(value.args[0])})"
    raise UndecidableError(f"not a plain value: {type(value).__name__}")


def _bracketed(value: Any) -> str:
    text = write(value)
    return text if _ATOM.fullmatch(text) else f"({text})"
