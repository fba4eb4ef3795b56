"""A certified value to a canonical string.

A ball becomes its value to KEY_BITS bits (60 digits, relative; more for large values, so that e^1000 + 1 is not
e^1000), once it is accurate enough that the rounding is certain. A ball that contains one fraction of small height and
is far more accurate than that height explains is that fraction: sqrt(2) * sqrt(8) is 4.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from flint import acb, arb, ctx, fmpq, fmpz

from reasoning.answers.refusals import Inaccurate, TooLarge

KEY_BITS = 200
SPARE_BITS = 160
MAX_HEIGHT = 192  # bits of numerator and denominator together
PRECISIONS = (512, 2_048, 8_192)  # bits; tried in turn
MAX_EXPONENT_BITS = 7_000

_LOCK = RLock()  # python-flint keeps its precision in one global


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Hold the working precision of balls at so many bits."""
    with _LOCK:
        before, ctx.prec = ctx.prec, bits
        try:
            yield
        finally:
            ctx.prec = before


def certified(compute: Callable[[], str]) -> str:
    """The result of `compute` at the first working precision that certifies it."""
    for bits in PRECISIONS:
        with precision(bits):
            try:
                return compute()
            except Inaccurate:
                continue
    raise TooLarge("no precision tried certifies the value")


def ball_key(value: fmpq | acb) -> str:
    """The canonical string of a number: `3/4`, `0x1a2bp-199` for irrational reals, both parts for complex numbers.

    Raises:
        Inaccurate: a higher working precision is needed.
        TooLarge: not finite, or too large to write down.
    """
    if isinstance(value, fmpq):
        return _shortened(str(value))
    return _complex_key(value, as_fraction=True)


def point_key(value: fmpq | acb) -> str:
    """The canonical string of a function's value at a point: rounded alone, since fractions mean nothing there.

    Raises:
        Inaccurate, TooLarge: as `ball_key`.
    """
    return _complex_key(acb(arb(value)) if isinstance(value, fmpq) else value, as_fraction=False)


def _complex_key(value: acb, *, as_fraction: bool) -> str:
    if not value.is_finite():
        raise TooLarge("not finite")
    real = _real_key(value.real, as_fraction=as_fraction)
    if value.imag == 0:
        return real
    imaginary = _real_key(value.imag, as_fraction=as_fraction)
    return real if imaginary == "0" else f"{real}+{imaginary}i"


def _real_key(value: arb, *, as_fraction: bool) -> str:
    if value == 0:
        return "0"
    if value.contains(0):
        if ctx.prec < PRECISIONS[1]:
            raise Inaccurate
        if value.rad() < arb(2) ** (-ctx.prec // 2):
            return "0"
        raise Inaccurate
    mantissa, exponent = value.mid().man_exp()
    top = int(exponent) + mantissa.bit_length()
    if top > MAX_EXPONENT_BITS:
        raise TooLarge("too large")
    bits = KEY_BITS + max(0, top)
    if value.rel_accuracy_bits() < bits + SPARE_BITS and not value.is_exact():
        raise Inaccurate
    if as_fraction:
        fraction = _small_fraction(mantissa, int(exponent), min(value.rel_accuracy_bits(), ctx.prec))
        if fraction is not None:
            return str(fraction)
    return _shortened(_rounded(int(mantissa), int(exponent), bits))


def _rounded(mantissa: int, exponent: int, bits: int) -> str:
    """`mantissa * 2**exponent` to so many bits, in hexadecimal, without trailing zero bits."""
    shift = max(mantissa.bit_length() - bits, 0)
    size = (abs(mantissa) + (1 << shift >> 1)) >> shift
    zeros = (size & -size).bit_length() - 1
    return f"{'-' if mantissa < 0 else ''}0x{size >> zeros:x}p{exponent + shift + zeros}"


def _shortened(key: str) -> str:
    """Keys of huge numbers by their hash, so that they can be kept."""
    return key if len(key) <= 400 else "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def _small_fraction(mantissa: fmpz, exponent: int, accuracy: int) -> fmpq | None:
    """The fraction of at most MAX_HEIGHT bits that agrees with a number to all of its `accuracy` bits, else None.

    It is a convergent of the continued fraction of the leading bits, and the one behind which a huge partial quotient
    stands.
    """
    if exponent >= 0:
        return fmpq(mantissa << exponent)
    if exponent < -4 * PRECISIONS[-1]:
        return None
    spare = max(int(mantissa.bit_length()) - MAX_HEIGHT - 96, 0)
    p, q = abs(int(mantissa)) >> spare, 1
    p, q = (p << (exponent + spare), q) if exponent + spare >= 0 else (p, 1 << -(exponent + spare))
    numerator, denominator, last_numerator, last_denominator = 1, 0, 0, 1
    while q:
        quotient, remainder = divmod(p, q)
        if denominator and quotient >> 64:
            break
        numerator, last_numerator = quotient * numerator + last_numerator, numerator
        denominator, last_denominator = quotient * denominator + last_denominator, denominator
        if numerator * denominator >> MAX_HEIGHT:
            return None
        p, q = q, remainder
    difference = abs(fmpz(numerator) * (fmpz(1) << -exponent) - fmpz(denominator) * abs(mantissa))
    if difference << (accuracy - 16) > fmpz(denominator) * abs(mantissa):
        return None
    return fmpq(-numerator if mantissa < 0 else numerator, denominator)


def round_significant(value: fmpq | acb, digits: int) -> fmpq | acb:
    """A real number rounded to so many significant digits, halves away from zero; complex numbers stay."""
    if isinstance(value, acb):
        if value.imag != 0:
            return value
        mantissa, exponent = value.real.mid().man_exp()
        value = fmpq(mantissa) * fmpq(2) ** int(exponent)
    if value == 0:
        return value
    size = abs(value)
    places = digits - len(str(size.p // size.q)) if size >= 1 else digits + len(str(size.q // size.p)) - 1
    scaled = size * fmpq(10) ** places
    if scaled < fmpz(10) ** (digits - 1):
        places, scaled = places + 1, scaled * 10
    rounded = fmpq((scaled + fmpq(1, 2)).floor()) / fmpq(10) ** places
    return -rounded if value < 0 else rounded
