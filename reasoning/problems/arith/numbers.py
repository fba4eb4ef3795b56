"""Numbers that keep every step exact: what a pattern may draw, given the values of the story so far.

Values are whole, or in money multiples of a quarter, which binary fractions hold exactly: no result is rounded.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Value = float  # an int wherever it is whole
Values = Mapping[str, Value]
Domain = Callable[[random.Random, Values], Value | None]
T = TypeVar("T")

QUARTER = 0.25
PERCENTS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90)
BILLS = (5, 10, 20, 50, 100, 200, 500, 1000)
WEIGHTED_TIMES = (2, 2, 2, 3, 3, 4, 5)

PART_WORDS = {
    2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth", 8: "an eighth", 10: "a tenth",
}  # fmt: skip
PARTS_WORDS = {
    (2, 3): "two thirds", (3, 4): "three quarters", (2, 5): "two fifths", (3, 5): "three fifths",
    (4, 5): "four fifths", (3, 8): "three eighths", (5, 8): "five eighths", (3, 10): "three tenths",
    (7, 10): "seven tenths",
}  # fmt: skip
TIMES_WORDS = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}


def pick(rng: random.Random, items: Sequence[T]) -> T:
    """One item. Only `Random.random` is the same in every version of Python, so nothing else is used."""
    return items[int(rng.random() * len(items))]


def integer(rng: random.Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(rng.random() * (high - low + 1))


def whole(value: Value) -> Value:
    """The value as an int where it is one."""
    return int(value) if value == int(value) else value


def is_multiple(value: Value, unit: float) -> bool:
    return (value / unit).is_integer()


def written(value: Value) -> str:
    """A value in a calculation: `12`, `2.5`."""
    return str(value) if isinstance(value, int) else repr(whole(value))


def told(value: Value) -> str:
    """A value in a sentence, where a price has its cents: `12`, `2.50`."""
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def between(low: int, high: int) -> Domain:
    return lambda rng, values: integer(rng, low, high)


def amount(low: int, high: int) -> Domain:
    """Half of the time a multiple of 10 or 12, so that later steps find a share or a percentage that is whole."""

    def draw(rng: random.Random, values: Values) -> Value:
        unit = pick(rng, (1, 1, 1, 10, 12, 20))
        return integer(rng, -(-low // unit), high // unit) * unit

    return draw


def below(name: str, *, low: int = 2, high: int = 100) -> Domain:
    """A whole number under a value, which leaves at least one."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        top = min(high, int(values[name]) - 1)
        return integer(rng, low, top) if top >= low else None

    return draw


def above(name: str, *, by: int = 100) -> Domain:
    """A whole number over a value, often a round one."""

    def draw(rng: random.Random, values: Values) -> Value:
        low = int(values[name]) + 1
        unit = pick(rng, (1, 5, 10))
        return -(-integer(rng, low, low + by) // unit) * unit

    return draw


def share_of(name: str, low: int = 2, high: int = 12, *, unit: float = 1) -> Domain:
    """A divisor of a value, with a quotient of 2 at least."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        value = values[name]
        fitting = [n for n in range(low, high + 1) if value >= 2 * n and is_multiple(value / n, unit)]
        return pick(rng, fitting) if fitting else None

    return draw


def multiple_of(name: str, low: int = 2, high: int = 12) -> Domain:
    return lambda rng, values: values[name] * integer(rng, low, high)


def times() -> Domain:
    return lambda rng, values: pick(rng, WEIGHTED_TIMES)


def part_of(name: str, *, unit: float = 1) -> Domain:
    """The denominator of a share that has a word, with a share of 2 at least."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        value = values[name]
        fitting = [n for n in PART_WORDS if value >= 2 * n and is_multiple(value / n, unit)]
        return pick(rng, fitting) if fitting else None

    return draw


def numerator(denominator: str) -> Domain:
    """How many of such shares, where that has a word (`PARTS_WORDS`)."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        fitting = [a for a, b in PARTS_WORDS if b == values[denominator]]
        return pick(rng, fitting) if fitting else None

    return draw


def times_up_to(name: str, limit: int) -> Domain:
    """A factor that keeps a product within a limit."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        fitting = [n for n in WEIGHTED_TIMES if values[name] * n <= limit]
        return pick(rng, fitting) if fitting else None

    return draw


def percent_of(name: str, *, unit: float = 1, among: Sequence[int] = PERCENTS) -> Domain:
    """A percentage that comes out as a multiple of the unit, and as 1 at least."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        value = values[name]
        fitting = [p for p in among if is_multiple(value * p / 100, unit) and value * p >= 100]
        return pick(rng, fitting) if fitting else None

    return draw


def price(low: int, high: int) -> Domain:
    """Dollars, one time in three with 25, 50 or 75 cents."""

    def draw(rng: random.Random, values: Values) -> Value:
        cents = pick(rng, (0, 0, 0, 0, 0, 0, QUARTER, 2 * QUARTER, 3 * QUARTER))
        return whole(integer(rng, low, high) + cents)

    return draw


def price_below(name: str, low: int, high: int) -> Domain:
    """A price under a value."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        top = min(high, int(values[name]) - 1)
        return price(low, top)(rng, values) if top >= low else None

    return draw


def bill_over(name: str) -> Domain:
    """One of the two smallest bills that pay for a value and leave change."""

    def draw(rng: random.Random, values: Values) -> Value | None:
        fitting = [bill for bill in BILLS if bill > values[name]][:2]
        return pick(rng, fitting) if fitting else None

    return draw
