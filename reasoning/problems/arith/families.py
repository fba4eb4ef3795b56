"""The families of stories: which patterns, words and kinds of number go together."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from reasoning.problems.arith import ages, asides, backwards, comparing, earning, groups, holding, pace, shopping
from reasoning.problems.arith.numbers import QUARTER
from reasoning.problems.arith.pattern import Pattern
from reasoning.problems.arith.people import Fields


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Stories of one kind.

    Attributes:
        patterns: its sentence patterns.
        draw_fields: draws the words its sentences need beside names and numbers.
        unit: what every value is a multiple of: 1 where things are counted, a quarter where money is shared.
        weight: its share of the problems.
        asides: the facts that may be told beside.
    """

    patterns: tuple[Pattern, ...]
    draw_fields: Callable[[random.Random], Fields]
    unit: float = 1
    weight: int = 4
    asides: tuple[Pattern, ...] = asides.PATTERNS


FAMILIES = (
    Family(holding.PATTERNS, holding.draw_fields, weight=6),
    Family(backwards.PATTERNS, holding.draw_fields, weight=2),
    Family(comparing.PATTERNS, comparing.draw_fields, weight=5),
    Family(ages.PATTERNS, ages.draw_fields, weight=2, asides=asides.WITHOUT_AGES),
    Family(shopping.PATTERNS, shopping.draw_fields, unit=QUARTER),
    Family(earning.PATTERNS, earning.draw_fields, unit=QUARTER),
    Family(pace.PATTERNS, pace.draw_fields, weight=3),
    Family(groups.PATTERNS, groups.draw_fields, asides=asides.WITHOUT_PEOPLE),
)
