"""Roots, logarithms, trigonometry and the functions of combinatorics, by name."""

from collections.abc import Callable

from flint import acb, arb, fmpq, fmpz

from reasoning.answers.exact import Value, ball, divide, multiply, power, subtract
from reasoning.answers.refusals import Inaccurate, TooLarge, Unevaluable


def finite(value: Value) -> Value:
    if isinstance(value, acb) and not value.is_finite():
        raise Unevaluable("not finite")
    return value


def _real(value: Value) -> arb:
    complex_ball = ball(value)
    if complex_ball.imag != 0:
        raise Unevaluable("not real")
    return complex_ball.real


def _integer(value: Value) -> int:
    if not isinstance(value, fmpq) or value.q != 1 or value.p.bit_length() > 64:
        raise Unevaluable("not an integer")
    return int(value.p)


def _logarithm(value: Value, base: Value | None = None) -> acb:
    if value == 0:
        raise Unevaluable("logarithm of zero")
    logarithm = ball(value).log()
    return logarithm if base is None else logarithm / ball(base).log()


def _absolute(value: Value) -> Value:
    if isinstance(value, fmpq):
        return abs(value)
    return acb(abs(value))


def _floor(value: Value) -> Value:
    if isinstance(value, fmpq):
        return fmpq(value.p // value.q)
    exact = _real(value).floor().unique_fmpz()
    if exact is None:
        raise Inaccurate("floor at a jump")
    return fmpq(exact)


def _factorial(value: Value) -> Value:
    if isinstance(value, fmpq) and value.q == 1 and 0 <= value <= 5_000:
        return fmpq(fmpz.fac_ui(value.p))
    if isinstance(value, fmpq) and value.q == 1:
        raise TooLarge("too large")
    return (ball(value) + 1).gamma()


def _binomial(upper: Value, lower: Value) -> Value:
    if isinstance(upper, fmpq) and isinstance(lower, fmpq) and upper.q == lower.q == 1:
        n, k = _integer(upper), _integer(lower)
        if not 0 <= k <= n:
            return fmpq(0) if n >= 0 else _raise("negative binomial")
        if n > 100_000 or min(k, n - k) > 2_000:
            raise TooLarge("too large")
        return fmpq(fmpz.bin_uiui(n, k))
    if isinstance(lower, fmpq) and lower.q == 1 and 0 <= lower <= 100:
        falling: Value = fmpq(1)
        for step in range(int(lower.p)):
            falling = multiply(falling, subtract(upper, fmpq(step)))
        return divide(falling, fmpq(fmpz.fac_ui(lower.p)))
    n_ball, k_ball = ball(upper), ball(lower)
    return (n_ball + 1).gamma() * (k_ball + 1).rgamma() * (n_ball - k_ball + 1).rgamma()


def _raise(reason: str) -> Value:
    raise Unevaluable(reason)


def _extreme(values: tuple[Value, ...], sign: int) -> Value:
    best = values[0]
    for value in values[1:]:
        difference = _real(subtract(value, best)) * sign
        if difference > 0:
            best = value
        elif not difference <= 0:
            raise Unevaluable("too close to order")
    return best


def _gcd(*values: Value) -> Value:
    result = fmpz(0)
    for value in values:
        result = result.gcd(fmpz(_integer(value)))
    return fmpq(result)


def _lcm(*values: Value) -> Value:
    result = fmpz(1)
    for value in values:
        result = result.lcm(fmpz(_integer(value)))
    return fmpq(result)


def _root(value: Value, degree: Value) -> Value:
    return power(value, divide(fmpq(1), degree))


ANGLES = frozenset("sin cos tan cot sec csc".split())
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "sqrt": lambda x: power(x, fmpq(1, 2)),
    "root": _root,
    "cbrt": lambda x: power(x, fmpq(1, 3)),
    "sin": lambda x: ball(x).sin(),
    "cos": lambda x: ball(x).cos(),
    "tan": lambda x: ball(x).tan(),
    "cot": lambda x: ball(x).cot(),
    "sec": lambda x: ball(x).sec(),
    "csc": lambda x: ball(x).csc(),
    "asin": lambda x: ball(x).asin(),
    "acos": lambda x: ball(x).acos(),
    "atan": lambda x: ball(x).atan(),
    "acot": lambda x: acb.pi() / 2 - ball(x).atan(),
    "asec": lambda x: (1 / ball(x)).acos(),
    "acsc": lambda x: (1 / ball(x)).asin(),
    "sinh": lambda x: ball(x).sinh(),
    "cosh": lambda x: ball(x).cosh(),
    "asinh": lambda x: ball(x).asinh(),
    "acosh": lambda x: ball(x).acosh(),
    "atanh": lambda x: ball(x).atanh(),
    "tanh": lambda x: ball(x).tanh(),
    "coth": lambda x: ball(x).coth(),
    "ln": _logarithm,
    "log": _logarithm,
    "lg": lambda x: _logarithm(x, fmpq(10)),
    "exp": lambda x: fmpq(1) if x == 0 else ball(x).exp(),
    "abs": _absolute,
    "floor": _floor,
    "ceil": lambda x: -_floor(-x),
    "factorial": _factorial,
    "binom": _binomial,
    "gcd": _gcd,
    "lcm": _lcm,
    "max": lambda *x: _extreme(x, 1),
    "min": lambda *x: _extreme(x, -1),
    "sgn": lambda x: acb(_real(x).sgn()),
}
