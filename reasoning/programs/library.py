"""The functions and constants that a program finds: some of Python's built-in ones, and those of `math`.

Each takes the machine, to pay for what it does, and a list of values. What has a size that its arguments do not
show is measured before it is computed.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from reasoning.programs.arithmetic import (
    bounded,
    charge_integers,
    floor_divide,
    integer,
    modulo,
    multiply,
    multiply_integers,
    number,
    power,
    power_modulo,
)
from reasoning.programs.limits import MAX_BITS, MAX_ELEMENTS, Stopped
from reasoning.programs.machine import Machine, Value

Library: TypeAlias = Callable[[Machine, list[Any]], Any]

_MAX_FACTORIAL = 600  # 537! has more than MAX_BITS bits
_MAX_DECIMALS = 1300  # of round; no integer has more digits, and no float
_MAX_RANGE = 2**62


def elements(machine: Machine, value: Value) -> list[Any] | tuple[Any, ...] | range:
    """The value, if one can go through it in MAX_ELEMENTS steps; the steps are paid."""
    if not isinstance(value, list | tuple | range):
        raise Stopped("expected a list")
    machine.charge(len(value) >> 2)
    if len(value) > MAX_ELEMENTS:
        raise Stopped("a range is too long to be taken at once")
    return value


def make_range(machine: Machine, arguments: list[Any]) -> range:
    if not 1 <= len(arguments) <= 3 or any(abs(integer(argument)) > _MAX_RANGE for argument in arguments):
        raise Stopped("expected range(stop), range(start, stop) or range(start, stop, step)")
    return range(*arguments)


def round_value(machine: Machine, arguments: list[Any]) -> Any:
    value, *decimals = arguments
    if len(decimals) > 1 or any(abs(integer(count)) > _MAX_DECIMALS for count in decimals if count is not None):
        raise Stopped("expected round(number) or round(number, decimals)")
    # The decimal digits of a float may be a thousand; an integer is divided by a power of ten
    machine.charge(1 + (value.bit_length() >> 9 if decimals and isinstance(value, int) else 0))
    return bounded_number(round(number(value), *decimals))


def absolute(machine: Machine, arguments: list[Any]) -> Any:
    return abs(number(_single(arguments)))


def to_int(machine: Machine, arguments: list[Any]) -> int:
    return int(number(_single(arguments)))


def to_float(machine: Machine, arguments: list[Any]) -> float:
    return float(number(_single(arguments)))


def to_bool(machine: Machine, arguments: list[Any]) -> bool:
    return bool(_single(arguments))


def to_list(machine: Machine, arguments: list[Any]) -> list[Any]:
    values = _single(arguments)
    if isinstance(values, list | tuple | range):
        machine.reserve(len(values))
    return list(elements(machine, values))


def to_tuple(machine: Machine, arguments: list[Any]) -> tuple[Any, ...]:
    return tuple(to_list(machine, arguments))


def ordered(machine: Machine, arguments: list[Any]) -> list[Any]:
    values = to_list(machine, arguments)
    machine.charge(len(values) * len(values).bit_length() >> 4)
    return sorted(values)


def length(machine: Machine, arguments: list[Any]) -> int:
    value = _single(arguments)
    if not isinstance(value, list | tuple | range):
        raise Stopped("expected a list")
    return len(value)


def total(machine: Machine, arguments: list[Any]) -> Any:
    values, *start = arguments
    if len(start) > 1:
        raise Stopped("expected sum(list) or sum(list, start)")
    numbers = [number(value) for value in elements(machine, values)]
    return bounded_number(sum(numbers, number(start[0]) if start else 0))


def largest(machine: Machine, arguments: list[Any]) -> Any:
    return max(_numbers(machine, arguments))


def smallest(machine: Machine, arguments: list[Any]) -> Any:
    return min(_numbers(machine, arguments))


def quotient_and_remainder(machine: Machine, arguments: list[Any]) -> tuple[Any, Any]:
    a, b = arguments
    return floor_divide(machine, a, b), modulo(machine, a, b)


def to_power(machine: Machine, arguments: list[Any]) -> Any:
    if len(arguments) == 3:
        return power_modulo(machine, *arguments)
    return power(machine, *arguments)


def factorial(machine: Machine, arguments: list[Any]) -> int:
    count = integer(_single(arguments))
    if count > _MAX_FACTORIAL:
        raise Stopped("an integer is too large")
    machine.charge(abs(count) >> 4)
    return bounded(math.factorial(count))


def combinations(machine: Machine, arguments: list[Any]) -> int:
    n, k = map(integer, arguments)
    # comb(n, k) is comb(n, n - k), and for k <= n / 2 at least (n / k) ** k, which is at least 2 ** k
    fewer = min(k, n - k)
    if fewer > MAX_BITS or fewer * (n.bit_length() - fewer.bit_length() - 1) > MAX_BITS:
        raise Stopped("an integer is too large")
    machine.charge(max(fewer, 0) >> 1)
    return bounded(math.comb(n, k))


def permutations(machine: Machine, arguments: list[Any]) -> int:
    n, *rest = map(integer, arguments)
    k = rest[0] if rest else n
    if len(rest) > 1 or (k <= n and (k > _MAX_FACTORIAL or k * ((n - k + 1).bit_length() - 1) > MAX_BITS)):
        raise Stopped("an integer is too large")
    machine.charge(max(min(k, n), 0) >> 3)
    return bounded(math.perm(n, k))


def common_divisor(machine: Machine, arguments: list[Any]) -> int:
    divisor = 0
    for argument in arguments:
        machine.charge(min(divisor.bit_length(), integer(argument).bit_length()) >> 7)
        divisor = math.gcd(divisor, argument)
    return divisor


def common_multiple(machine: Machine, arguments: list[Any]) -> int:
    multiple = 1
    for argument in arguments:
        divisor = common_divisor(machine, [multiple, argument])
        multiple = multiply_integers(machine, multiple, abs(argument) // divisor) if divisor else 0
    return multiple


def integer_root(machine: Machine, arguments: list[Any]) -> int:
    value = integer(_single(arguments))
    charge_integers(machine, value, value)
    return math.isqrt(value)


def product(machine: Machine, arguments: list[Any]) -> Any:
    values = elements(machine, _single(arguments))
    machine.charge(len(values) >> 2)
    result: Any = 1
    for value in values:
        result = multiply(machine, result, number(value))
    return result


def float_sum(machine: Machine, arguments: list[Any]) -> float:
    return math.fsum(float(number(value)) for value in elements(machine, _single(arguments)))


def bounded_number(value: Any) -> Any:
    return bounded(value) if isinstance(value, int) else value


def any_true(machine: Machine, arguments: list[Any]) -> bool:
    return any(elements(machine, _single(arguments)))


def all_true(machine: Machine, arguments: list[Any]) -> bool:
    return all(elements(machine, _single(arguments)))


def _numbers(machine: Machine, arguments: list[Any]) -> list[Any]:
    """The numbers to compare: those of the only argument, which is a list, or the arguments."""
    values = elements(machine, arguments[0]) if len(arguments) == 1 else arguments
    return [number(value) for value in values]


def _single(arguments: list[Any]) -> Any:
    (argument,) = arguments
    return argument


def _of_numbers(function: Callable[..., Any]) -> Library:
    """A function of `math` whose result is no larger than a float or its argument."""

    def call(machine: Machine, arguments: list[Any]) -> Any:
        return function(*map(number, arguments))

    return call


BUILTINS: dict[str, Library] = {
    "abs": absolute,
    "all": all_true,
    "any": any_true,
    "bool": to_bool,
    "divmod": quotient_and_remainder,
    "float": to_float,
    "int": to_int,
    "len": length,
    "list": to_list,
    "max": largest,
    "min": smallest,
    "pow": to_power,
    "range": make_range,
    "round": round_value,
    "sorted": ordered,
    "sum": total,
    "tuple": to_tuple,
}

_PLAIN = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees erf erfc exp exp2 expm1 fabs floor fmod"
    " gamma hypot isclose isfinite isinf isnan lgamma log log10 log1p log2 pow radians remainder sin sinh sqrt tan"
    " tanh trunc"
).split()

MATH_FUNCTIONS: dict[str, Library] = {name: _of_numbers(getattr(math, name)) for name in _PLAIN} | {
    "comb": combinations,
    "factorial": factorial,
    "fsum": float_sum,
    "gcd": common_divisor,
    "isqrt": integer_root,
    "lcm": common_multiple,
    "perm": permutations,
    "prod": product,
}

MATH_CONSTANTS: dict[str, float] = {
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "pi": math.pi,
    "tau": math.tau,
}
