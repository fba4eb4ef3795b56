"""Facts that do not matter: a number in the text that no calculation may use."""

from reasoning.problems.arith.numbers import between
from reasoning.problems.arith.pattern import pattern

PATTERNS = (
    pattern(
        "aside-age", "aside > aside", "",
        """
        {A} is {n} years old.
        {A}, who is {n} years old, lives in a small town.
        {A} turned {n} last week.
        """,
        n=between(8, 70),
    ),
    pattern(
        "aside-siblings", "aside > aside", "",
        """
        {A} has {n} brothers.
        {A} has {n} sisters.
        {A} lives with {n} cousins.
        """,
        n=between(2, 5),
    ),
    pattern(
        "aside-pets", "aside > aside", "",
        """
        {A} has {n} cats at home.
        There are {n} fish in {A}'s room.
        {A}'s family keeps {n} hens.
        """,
        n=between(2, 9),
    ),
    pattern(
        "aside-weather", "aside > aside", "",
        """
        It is {n} degrees outside.
        The sun has been out for {n} hours.
        It rained for {n} hours last night.
        """,
        n=between(2, 24),
    ),
    pattern(
        "aside-way", "aside > aside", "",
        """
        {A} lives {n} miles from the store.
        The way to school takes {A} {n} minutes.
        {A}'s house is {n} minutes from the park.
        """,
        n=between(2, 45),
    ),
    pattern(
        "aside-house", "aside > aside", "",
        """
        {A} lives in house number {n}.
        {A}'s house has {n} windows.
        {A} has lived in this town for {n} years.
        """,
        n=between(2, 60),
    ),
    pattern(
        "aside-friend", "aside > aside", "",
        """
        {A} has known {D} for {n} years.
        {A}'s neighbor {D} is {n} years old.
        {D} calls {A} {n} times a week.
        """,
        n=between(6, 12),
    ),
    pattern(
        "aside-sleep", "aside > aside", "",
        """
        {A} slept for {n} hours.
        {A} got up at {n} in the morning.
        {A} went to bed at {n}.
        """,
        n=between(5, 11),
    ),
)  # fmt: skip

_BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
WITHOUT_AGES = tuple(_BY_NAME[f"aside-{name}"] for name in ("siblings", "pets", "weather", "way", "sleep"))
WITHOUT_PEOPLE = (_BY_NAME["aside-weather"],)
