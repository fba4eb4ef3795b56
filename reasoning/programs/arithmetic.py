"""Python's operators on numbers and lists, with the size of every result bounded before it is computed.

What they compute is what Python computes, value and type; what they refuse raises Stopped. Operators on strings do
not exist here: formatting and repetition are the two that need no loop to fill a memory.
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from reasoning.programs.limits import MAX_BITS, MAX_ELEMENTS, TOO_LARGE, Stopped
from reasoning.programs.machine import Machine, Value

Operator: TypeAlias = Callable[[Machine, Any, Any], Any]  # Any: what does not fit is refused while running

_SMALL = 1 << 128  # products below need no measuring
_NUMBERS = (int, float, bool)
_LISTS = (list, tuple)


def add(machine: Machine, a: Any, b: Any) -> Any:
    if type(a) is float or type(b) is float:
        return a + b
    if type(a) in _LISTS and type(a) is type(b):
        machine.reserve(len(a) + len(b))
        return a + b
    return bounded(integer(a) + integer(b))


def subtract(machine: Machine, a: Any, b: Any) -> Any:
    if type(a) is float or type(b) is float:
        return a - b
    return bounded(integer(a) - integer(b))


def multiply(machine: Machine, a: Any, b: Any) -> Any:
    if type(a) is float or type(b) is float:
        return a * b
    if type(a) in _LISTS:
        return _repeat(machine, a, integer(b))
    if type(b) in _LISTS:
        return _repeat(machine, b, integer(a))
    return multiply_integers(machine, integer(a), integer(b))


def divide(machine: Machine, a: Any, b: Any) -> Any:
    charge_integers(machine, number(a), number(b))
    return a / b


def floor_divide(machine: Machine, a: Any, b: Any) -> Any:
    charge_integers(machine, number(a), number(b))
    return a // b


def modulo(machine: Machine, a: Any, b: Any) -> Any:
    charge_integers(machine, number(a), number(b))
    return a % b


def power(machine: Machine, a: Any, b: Any) -> Any:
    """a ** b. An integer power is measured first; a complex one, as (-8) ** (1/3), is refused."""
    if type(number(a)) is float or type(number(b)) is float or b < 0:
        result = a**b
        if type(result) is complex:
            raise Stopped("a power is complex")
        return result
    if -2 < a < 2:
        machine.charge(b.bit_length() >> 5)  # so many squarings
        return a**b  # 0, 1 or -1
    # |a| >= 2 ** (bits - 1), so its power has more than (bits - 1) * b bits, and at most bits * b
    if (a.bit_length() - 1) * b >= MAX_BITS:
        raise Stopped("an integer is too large")
    machine.charge(a.bit_length() * b >> 10)
    return bounded(a**b)


def power_modulo(machine: Machine, base: Any, exponent: Any, modulus: Any) -> int:
    """pow(base, exponent, modulus): cubic in the length of its arguments, and charged so."""
    base, exponent, modulus = integer(base), integer(exponent), integer(modulus)
    num_digits = modulus.bit_length() // 30 + 1
    machine.charge((exponent.bit_length() * num_digits**2 >> 10) + (base.bit_length() >> 8))
    result: int = pow(base, exponent, modulus)
    return result


def shift_left(machine: Machine, a: Any, b: Any) -> int:
    a, b = integer(a), integer(b)
    if a and b > MAX_BITS - a.bit_length():
        raise Stopped("an integer is too large")
    result: int = a << b if a else _zero_shifted(b)
    return result


def shift_right(machine: Machine, a: Any, b: Any) -> int:
    result: int = integer(a) >> min(integer(b), MAX_BITS + 1)
    return result


def bit_and(machine: Machine, a: Any, b: Any) -> Any:
    return operator.and_(integer(a), integer(b))


def bit_or(machine: Machine, a: Any, b: Any) -> Any:
    return operator.or_(integer(a), integer(b))


def bit_xor(machine: Machine, a: Any, b: Any) -> Any:
    return operator.xor(integer(a), integer(b))


def negative(machine: Machine, a: Any) -> Any:
    return -number(a)


def positive(machine: Machine, a: Any) -> Any:
    return +number(a)


def invert(machine: Machine, a: Any) -> Any:
    return bounded(~int(integer(a)))  # of a truth value Python warns


def multiply_integers(machine: Machine, a: int, b: int) -> int:
    if -_SMALL < a < _SMALL and -_SMALL < b < _SMALL:
        return a * b
    num_bits = a.bit_length() + b.bit_length()
    if num_bits > MAX_BITS + 1:
        raise Stopped("an integer is too large")
    charge_integers(machine, a, b)
    return bounded(a * b)


def charge_integers(machine: Machine, a: int | float, b: int | float) -> None:
    """Pay for the product, quotient or common divisor of two long integers: quadratic, in digits of 30 bits."""
    if isinstance(a, int) and isinstance(b, int) and not (-_SMALL < a < _SMALL and -_SMALL < b < _SMALL):
        machine.charge(a.bit_length() * b.bit_length() // 900 >> 10)


def number(value: Value) -> int | float:
    """The value, if it is a number."""
    if type(value) not in _NUMBERS:
        raise Stopped("expected a number")
    return value  # type: ignore[return-value]


def integer(value: Any) -> Any:
    """The value, if it is an integer or a truth value, which Python's own operators take for one."""
    if type(value) is int or type(value) is bool:
        return value
    raise Stopped("expected an integer")


def bounded(value: int) -> int:
    """The integer, if it is not too large; for results that are at most a little larger than what they came from."""
    if -TOO_LARGE < value < TOO_LARGE:
        return value
    raise Stopped("an integer is too large")


def _zero_shifted(count: int) -> int:
    if count < 0:
        raise Stopped("a shift is negative")
    return 0


def _repeat(machine: Machine, elements: Any, count: int) -> Any:
    if count > MAX_ELEMENTS:
        count = MAX_ELEMENTS + 1 if elements else 0
    machine.reserve(len(elements) * max(count, 0))
    return elements * count


OPERATORS: dict[str, Operator] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "//": floor_divide,
    "%": modulo,
    "**": power,
    "<<": shift_left,
    ">>": shift_right,
    "&": bit_and,
    "|": bit_or,
    "^": bit_xor,
}
