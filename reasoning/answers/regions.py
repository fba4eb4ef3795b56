"""Sets of real numbers: unions of intervals and points, in one canonical form."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Literal, TypeAlias

from flint import arb, fmpq

from reasoning.answers.rounding import PRECISIONS, precision

Bound: TypeAlias = arb | fmpq | Literal["-inf", "+inf"]


@dataclass(frozen=True, slots=True)
class End:
    """An endpoint: its canonical key and its value for ordering."""

    key: str
    value: Bound


NEGATIVE_INFINITY = End("-inf", "-inf")
POSITIVE_INFINITY = End("+inf", "+inf")


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval, or a point where both ends are one closed value."""

    low: End
    low_closed: bool
    high: End
    high_closed: bool


Region: TypeAlias = tuple[Piece, ...]

REALS: Region = (Piece(NEGATIVE_INFINITY, False, POSITIVE_INFINITY, False),)


def order(left: End, right: End) -> int:
    """-1, 0 or 1; ends with one key are equal."""
    if left.key == right.key:
        return 0
    if left.value == "-inf" or right.value == "+inf":
        return -1
    if left.value == "+inf" or right.value == "-inf":
        return 1
    if isinstance(left.value, fmpq) and isinstance(right.value, fmpq):
        return -1 if left.value < right.value else 1
    with precision(PRECISIONS[0]):
        return -1 if arb(left.value) < arb(right.value) else 1


def interval(low: End, low_closed: bool, high: End, high_closed: bool) -> Region:
    """The interval between two ends; empty where low exceeds high."""
    comparison = order(low, high)
    if comparison > 0 or (comparison == 0 and not (low_closed and high_closed)):
        return ()
    return (Piece(low, low_closed and low.value != "-inf", high, high_closed and high.value != "+inf"),)


def point(end: End) -> Region:
    return (Piece(end, True, end, True),)


def union(*regions: Region) -> Region:
    """All that lies in one of the regions, overlapping and touching pieces merged."""
    pieces = sorted((piece for region in regions for piece in region), key=cmp_to_key(_by_low))
    merged: list[Piece] = []
    for piece in pieces:
        if merged and _touches(merged[-1], piece):
            merged[-1] = _join(merged[-1], piece)
        else:
            merged.append(piece)
    return tuple(merged)


def intersection(left: Region, right: Region) -> Region:
    """All that lies in both regions."""
    return union(*(_overlap(a, b) for a in left for b in right))


def difference(left: Region, right: Region) -> Region:
    """All of `left` that does not lie in `right`."""
    for piece in right:
        below = interval(NEGATIVE_INFINITY, False, piece.low, not piece.low_closed)
        above = interval(piece.high, not piece.high_closed, POSITIVE_INFINITY, False)
        left = intersection(left, union(below, above))
    return left


def region_key(region: Region, *, open_pair: bool) -> str:
    """The canonical string of a region.

    Finitely many points read as a set, and one point as that number. A single open interval with finite ends reads
    as the pair `(a,b)` when `open_pair`, since the notation is the same.
    """
    if all(piece.low is piece.high or piece.low.key == piece.high.key for piece in region):
        return set_key([piece.low.key for piece in region])
    if len(region) == 1 and open_pair:
        only = region[0]
        if not (only.low_closed or only.high_closed) and "inf" not in only.low.key + only.high.key:
            return f"({only.low.key},{only.high.key})"
    return "region:" + "u".join(
        f"{'[' if p.low_closed else ']'}{p.low.key},{p.high.key}{']' if p.high_closed else '['}" for p in region
    )


def set_key(keys: Sequence[str]) -> str:
    """The canonical string of a set: without order and multiplicity; a set of one is its element."""
    distinct = sorted(set(keys))
    return distinct[0] if len(distinct) == 1 else "{" + ",".join(distinct) + "}"


def _by_low(left: Piece, right: Piece) -> int:
    return order(left.low, right.low) or right.low_closed - left.low_closed


def _touches(left: Piece, right: Piece) -> bool:
    comparison = order(right.low, left.high)
    return comparison < 0 or (comparison == 0 and (right.low_closed or left.high_closed))


def _join(left: Piece, right: Piece) -> Piece:
    comparison = order(left.high, right.high)
    if comparison == 0:
        return Piece(left.low, left.low_closed, left.high, left.high_closed or right.high_closed)
    later = left if comparison > 0 else right
    return Piece(left.low, left.low_closed, later.high, later.high_closed)


def _overlap(left: Piece, right: Piece) -> Region:
    low = order(left.low, right.low)
    high = order(left.high, right.high)
    lower = left if low > 0 else right
    upper = left if high < 0 else right
    low_closed = lower.low_closed if low else left.low_closed and right.low_closed
    high_closed = upper.high_closed if high else left.high_closed and right.high_closed
    return interval(lower.low, low_closed, upper.high, high_closed)
