"""Number literals: decimals, repeating decimals, other bases."""

import re

from flint import fmpq, fmpz

from reasoning.answers.nodes import Number
from reasoning.answers.refusals import ParseError, TooLarge

MAX_EXPONENT = 20_000
_ELLIPSIS = re.compile(r"(\d*)\.(\d*?)(\d+?)\3+(\d*)")


def decimal(literal: str) -> Number:
    """`12`, `-1.50`, `.5`, `3.54e-07`, exactly; digits of any length.

    Raises:
        TooLarge: the exponent is beyond MAX_EXPONENT.
    """
    literal, sign = literal.lstrip("-"), -1 if literal.startswith("-") else 1
    mantissa, _, exponent = literal.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) - len(fraction) if len(exponent) < 8 else MAX_EXPONENT + 1
    if abs(power) > MAX_EXPONENT + len(fraction):
        raise TooLarge("exponent too large")
    digits = sign * fmpz((whole + fraction) or "0")
    if power >= 0:
        return Number(fmpq(digits * fmpz(10) ** power))
    significant = len((whole + fraction).strip("0")) if "." in literal or exponent else 0
    return Number(fmpq(digits, fmpz(10) ** -power), significant)


def repeating(literal: str, repetend: str) -> Number:
    """`0.1` and `6` are 0.1666...; the literal ends before its repeating digits."""
    if not repetend.isdigit() or len(repetend) > 200:
        raise ParseError("not a repetend")
    fixed = decimal(literal if not literal.endswith(".") else literal[:-1])
    places = len(literal.partition(".")[2])
    cycle = fmpz(10) ** len(repetend) - 1
    return Number(fixed.value + fmpq(fmpz(repetend), cycle * fmpz(10) ** places))


def ellipsis(literal: str) -> Number:
    """`0.333...` and `0.1666...`: digits that repeat to the end before the dots.

    One digit must stand three times, a longer cycle twice; the last cycle may be cut short.

    Raises:
        ParseError: no cycle is visible, as in `3.14159...`.
    """
    whole, _, fraction = literal.partition(".")
    for start in range(min(len(fraction), 12)):
        tail = fraction[start:]
        for length in range(1, len(tail) // 2 + 1):
            cycle = tail[:length]
            if len(tail) >= (3 if length == 1 else 2 * length) and all(
                c == cycle[i % length] for i, c in enumerate(tail)
            ):
                return repeating(f"{whole or '0'}.{fraction[:start]}", cycle)
    raise ParseError("no repeating digits before the dots")


def based(literal: str, base: int) -> Number:
    """`1011_2` is eleven and `0.11_2` three quarters.

    Raises:
        ParseError: a digit is too large for the base, or the base is not in 2..36.
    """
    digits, _, fraction = literal.partition(".")
    if not 2 <= base <= 36 or not (digits + fraction).isalnum() or len(literal) > 2_000:
        raise ParseError("not a number in that base")
    try:
        return Number(fmpq(int(digits + fraction, base), fmpz(base) ** len(fraction)))
    except ValueError as error:
        raise ParseError("a digit is too large for the base") from error
