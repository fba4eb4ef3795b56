"""Arithmetic that stays exact while numbers are rational and small enough, and certified where they are not."""

from functools import lru_cache

from flint import acb, arb, fmpq, fmpz

from reasoning.answers.refusals import TooLarge, Unevaluable

MAX_BITS = 400_000
MAX_SUM_BITS = 60_000  # of two fractions; their common denominator costs more than a product

Value = fmpq | acb


def _bits(value: fmpq) -> int:
    return int(value.p.bit_length() + value.q.bit_length())


def ball(value: Value) -> acb:
    return value if isinstance(value, acb) else acb(arb(value))


def add(left: Value, right: Value) -> Value:
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        if left.q != 1 and right.q != 1 and _bits(left) + _bits(right) > MAX_SUM_BITS:
            raise TooLarge("too large")
        return left + right
    return ball(left) + ball(right)


def subtract(left: Value, right: Value) -> Value:
    return add(left, -right)


def multiply(left: Value, right: Value) -> Value:
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        if _bits(left) + _bits(right) > MAX_BITS:
            raise TooLarge("too large")
        return left * right
    return ball(left) * ball(right)


def divide(left: Value, right: Value) -> Value:
    if isinstance(right, fmpq):
        if right == 0:
            raise Unevaluable("division by zero")
        return multiply(left, 1 / right)
    return ball(left) / right


def power(base: Value, exponent: Value) -> Value:
    """`base ** exponent`; 0^0 has no value."""
    if isinstance(exponent, fmpq):
        if exponent.q == 1 and isinstance(base, fmpq):
            return _integer_power(base, exponent.p)
        if base == 0 and exponent > 0:
            return fmpq(0)
        if exponent.q != 1 and exponent.q < 10_000 and exponent.p.bit_length() < 32:
            return _rational_power(base, exponent)
        if isinstance(base, acb) and exponent.q == 1:
            return base ** acb(arb(exponent.p))
    if base == 0:
        raise Unevaluable("a power of zero")
    return ball(base) ** ball(exponent)


def _integer_power(base: fmpq, exponent: fmpz) -> Value:
    if base == 0 and exponent <= 0:
        raise Unevaluable("a power of zero")
    if base in (0, 1, -1):
        return base ** int(exponent % 2 + 2)
    size = max(base.p.bit_length(), base.q.bit_length())
    if exponent.bit_length() > 24 or size * abs(int(exponent)) > MAX_BITS:
        raise TooLarge("too large")
    return base ** int(exponent)


def _rational_power(base: Value, exponent: fmpq) -> Value:
    root, degree = int(exponent.q), int(exponent.p)
    if isinstance(base, fmpq):
        exact = _exact_root(base, root)
        if exact is not None:
            return _integer_power(exact, fmpz(degree))
    inexact = ball(base)
    if root % 2 and inexact.imag == 0 and inexact.real < 0:
        magnitude = acb((-inexact).real.root(root)) ** degree
        return -magnitude if degree % 2 else magnitude
    if inexact.imag == 0 and inexact.real > 0:
        return acb(inexact.real.root(root)) ** degree
    return inexact ** acb(arb(exponent))


@lru_cache(maxsize=4096)
def _exact_root(base: fmpq, root: int) -> fmpq | None:
    if base < 0:
        if root % 2 == 0:
            return None
        exact = _exact_root(-base, root)
        return None if exact is None else -exact
    numerator, denominator = base.p.root(root), base.q.root(root)
    return fmpq(numerator, denominator) if numerator**root == base.p and denominator**root == base.q else None
