"""Long decimals back to what they are the rounding of."""

from collections.abc import Callable
from functools import partial

from flint import acb, arb, fmpq, fmpz, fmpz_mat

from reasoning.answers.rounding import precision

MAX_CHANCE = 10**6  # one in so many decimals may agree by accident


def unrounded(value: fmpq, digits: int) -> fmpq | Callable[[], acb] | None:
    """What a decimal of `digits` significant digits is the rounding of, if it looks like a printed float.

    0.0833333333333333 is 1/12, 0.30000000000000004 is 3/10 and 4.123105625617661 is sqrt(17). At least 12 digits
    are needed for a fraction and 15 for an irrational, and the form found must be so simple that a decimal agrees
    with one by chance less than once in 10^5. A shorter decimal, 33.3 or 0.8660254, means itself.

    Returns:
        a fraction; or a function that gives the irrational at the working precision; or None.
    """
    if digits < 12 or value == 0:
        return None
    last_place = fmpq(1) / fmpz(10) ** _decimal_places(value)
    # A cut or rounded decimal is off by one in its last place, a printed float by more, and any other by half
    tolerance = last_place if digits < 16 else 10 * last_place if digits <= 17 else last_place / 2
    simple = _fraction_near(value, tolerance)
    if simple is not None or digits < 15:
        return simple
    for inverse, image in _irrational_forms(value):
        argument = _fraction_near(image, abs(image) / fmpz(10) ** 14)
        if argument is not None and _agrees(inverse, argument, value, tolerance):
            return lambda inverse=inverse, argument=argument: inverse(argument)  # type: ignore[misc]
    return _quadratic(value, tolerance)


def _decimal_places(value: fmpq) -> int:
    """Digits behind the point of a terminating decimal."""
    twos = fives = 0
    rest = value.q
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives)


def _fraction_near(value: fmpq, tolerance: fmpq) -> fmpq | None:
    """The first convergent p/q within `tolerance`, if so good a fraction with a denominator up to q is no accident."""
    sign = -1 if value < 0 else 1
    p, q = abs(value.p), value.q
    before, here = (fmpz(0), fmpz(1)), (fmpz(1), fmpz(0))
    while q != 0:
        quotient, remainder = divmod(p, q)
        before, here = here, (quotient * here[0] + before[0], quotient * here[1] + before[1])
        if tolerance * here[1] * here[1] * MAX_CHANCE > 1:
            return None
        candidate = fmpq(here[0], here[1])
        if abs(candidate - abs(value)) <= tolerance:
            return sign * candidate
        p, q = q, remainder
    return None


def _irrational_forms(value: fmpq) -> list[tuple[Callable[[fmpq], acb], fmpq]]:
    """Pairs of a form and the fraction it would need: roots, multiples of pi and e, exponentials, logarithms."""
    sign = -1 if value < 0 else 1
    with precision(160):
        ball, pi = arb(value), arb.pi()
        forms: list[tuple[Callable[[fmpq], acb], fmpq]] = [
            (lambda x: sign * acb(arb(x)).sqrt(), value * value),
            (lambda x: sign * acb(arb(x).root(3)), abs(value * value * value)),
            (lambda x: acb.pi() * arb(x), _middle(ball / pi)),
            (lambda x: arb(x) / acb.pi(), _middle(ball * pi)),
            (lambda x: acb.pi() ** 2 * arb(x), _middle(ball / pi**2)),
            (lambda x: sign * (acb.pi() * arb(x)).sqrt(), _middle(ball**2 / pi)),
            (lambda x: acb(1).exp() * arb(x), _middle(ball / arb(1).exp())),
            (lambda x: sign * acb(arb(x)).exp(), _middle(abs(ball).log())),
        ]
        if abs(value) < 20:
            forms.append((lambda x: acb(arb(x)).log(), _middle(ball.exp())))
    return forms


def _middle(ball: arb) -> fmpq:
    mantissa, exponent = ball.mid().man_exp()
    if exponent >= 0:
        return fmpq(mantissa << int(exponent))
    return fmpq(mantissa, fmpz(1) << -int(exponent))


def _agrees(inverse: Callable[[fmpq], acb], argument: fmpq, value: fmpq, tolerance: fmpq) -> bool:
    with precision(160):
        found = inverse(argument)
        return bool(found.is_finite() and abs(found.real - arb(value)) <= arb(tolerance))


def _quadratic(value: fmpq, tolerance: fmpq) -> Callable[[], acb] | None:
    """The root of a x^2 + b x + c next to `value`, with |a|, |b|, |c| at most 60, by lattice reduction."""
    scale = fmpz(10) ** 13
    column = [int(scale), *(int((power.p * scale) // power.q) for power in (value, value * value))]
    reduced = fmpz_mat(3, 4, [1, 0, 0, column[0], 0, 1, 0, column[1], 0, 0, 1, column[2]]).lll()
    c, b, a = (int(reduced[0, k]) for k in range(3))
    if a == 0 or max(abs(a), abs(b), abs(c)) > 60 or b * b - 4 * a * c <= 0:
        return None
    for sign in (1, -1):
        root = partial(_quadratic_root, a, b, c, sign)
        if _agrees(lambda _, root=root: root(), fmpq(0), value, tolerance):  # type: ignore[misc]
            return root
    return None


def _quadratic_root(a: int, b: int, c: int, sign: int) -> acb:
    return (sign * acb(b * b - 4 * a * c).sqrt() - b) / (2 * a)
