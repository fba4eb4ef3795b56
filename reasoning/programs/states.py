"""States: what the variables hold, without their names, as one number.

The state after a step is the multiset of the values of all variables. `a = 1; b = 2` and `x = 2; y = 1` lead to the
same state. Two numbers are the same value when they agree in SIGNIFICANT_DIGITS decimal digits, however they came
about: 3, 3.0 and 2.9999999999999996 are one value, and so are 1000000001.4 and 1000000001. That is rounding, hence
an equivalence relation, and hence two values on either side of a boundary may differ however close they are; and
nothing but zero is near zero: 0.1 + 0.2 - 0.3 is not 0. True is 1. A list is one value, its elements in order.

A state is the sum of a 64-bit digest of each value, modulo 2**64, so that assigning a variable changes it in constant
time, for any number of variables. Different multisets have the same sum with a probability of 2**-64 a pair.

Source: arXiv:2205.14318, section 3, and its ICLR 2023 version; the tolerance is ours.
"""

import sys
from array import array
from collections.abc import Iterable, Mapping
from hashlib import blake2b

from reasoning.programs.machine import Scalar, Value

SIGNIFICANT_DIGITS = 9
MASK = 2**64 - 1
EMPTY = 0  # the state before the first step

_MAX_KNOWN = 200_000  # digests kept; some 20 MB
_KEEP_BELOW = 2**60  # larger integers may be chosen to collide in a dictionary

_BEYOND_FLOATS = 10**308

_known: dict[int | float, int] = {}
_from_bytes = int.from_bytes


class Tally:
    """The state of a running program, brought up to date after each step."""

    __slots__ = ("_digests", "_large", "_state")

    def __init__(self) -> None:
        self._state = EMPTY
        self._digests: dict[str, int] = {}  # of each variable's value
        # Of lists and long integers by identity, which lasts as long as they are kept here
        self._large: dict[int, tuple[Value, int]] = {}

    def put(self, name: str, value: Value) -> int:
        """The state after one variable got this value."""
        is_number = type(value) is float or type(value) is int
        found = (_known.get(value) if is_number else None) or self._digest(value)  # type: ignore[arg-type]
        self._state = state = (self._state + found - self._digests.get(name, 0)) & MASK
        self._digests[name] = found
        return state

    def count(self, variables: Mapping[str, Value]) -> int:
        """The state when any number of variables may have changed."""
        self._digests = {name: self._digest(value) for name, value in variables.items()}
        self._state = sum(self._digests.values()) & MASK
        return self._state

    def _digest(self, value: Value) -> int:
        """A number in [0, 2**64) that depends on the value alone: not on the process, the machine or the name."""
        kind = type(value)
        if kind is float or (kind is int and -_KEEP_BELOW < value < _KEEP_BELOW):  # type: ignore[operator]
            return _known.get(value) or _number_digest(value)  # type: ignore[arg-type]
        if isinstance(value, bool):
            return self._digest(int(value))
        if value is None or isinstance(value, str | range):
            return _hash(ascii(value).encode())  # a string has its quotes
        found = self._large.get(id(value))
        if found is None:
            found = self._large[id(value)] = value, self._large_digest(value)
        return found[1]

    def _large_digest(self, value: int | float | list[Scalar] | tuple[Scalar, ...]) -> int:
        if isinstance(value, int | float):
            return _number_digest(value)
        elements = array("Q", map(self._digest, value))
        if sys.byteorder == "big":
            elements.byteswap()
        return _hash(type(value).__name__.encode() + b" " + elements.tobytes())


def state_of(values: Iterable[Value]) -> int:
    """The state of a program whose variables have these values; their order does not matter."""
    return Tally().count({str(i): value for i, value in enumerate(values)})


def round_number(value: int | float) -> bytes:
    """The number in SIGNIFICANT_DIGITS decimal digits; the same text for the same value.

    An integer beyond all floats, of 309 digits and more, has no float to agree with and is written in full.

    >>> round_number(2.9999999999999996), round_number(3), round_number(-0.0)
    (b'3', b'3', b'0')
    """
    if type(value) is int and not -_BEYOND_FLOATS < value < _BEYOND_FLOATS:
        return b"int " + value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    text = b"%.9g" % value
    return text if text != b"-0" else b"0"


def _number_digest(value: int | float) -> int:
    found = _from_bytes(blake2b(round_number(value), digest_size=8).digest(), "little")
    if -_KEEP_BELOW < value < _KEEP_BELOW:  # never a NaN, which would be added again at every look-up
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[value] = found
    return found


def _hash(canonical: bytes) -> int:
    return _from_bytes(blake2b(canonical, digest_size=8).digest(), "little")
