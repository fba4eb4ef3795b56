"""How old people are, told by comparison."""

import random

from reasoning.problems.arith.numbers import below, between, part_of, times_up_to
from reasoning.problems.arith.pattern import Pattern, pattern
from reasoning.problems.arith.people import Fields


def draw_fields(rng: random.Random) -> Fields:
    """Ages need nothing but people."""
    return {}


def _relations(who: str, whom: str, states: str) -> tuple[Pattern, ...]:
    """What can be said of one age, given another: {W} and w stand for who, {V} and v for whom."""
    w, v = who.lower(), whom.lower()

    def named(text: str) -> str:
        return text.replace("{W}", f"{{{who}}}").replace("{V}", f"{{{whom}}}")

    label = f"{{{who}}}'s age"
    return (
        pattern(
            f"times-as-old-{who}{whom}", states, f"{w} = {v} * times : {label}",
            named("""
            {W} is {times} as old as {V}.
            {W}'s age is {times} that of {V}.
            Compared with {V}, {W} is {times} as old.
            """),
            times=times_up_to(v, 70),
        ),
        pattern(
            f"older-{who}{whom}", states, f"{w} = {v} + n : {label}",
            named("""
            {W} is {n} years older than {V}.
            {V} is {n} years younger than {W}.
            Compared with {V}, {W} is {n} years older.
            """),
            n=between(2, 30),
        ),
        pattern(
            f"younger-{who}{whom}", states, f"{w} = {v} - n : {label}",
            named("""
            {W} is {n} years younger than {V}.
            {V} is {n} years older than {W}.
            Compared with {V}, {W} is {n} years younger.
            """),
            n=below(v, high=30),
        ),
        pattern(
            f"part-as-old-{who}{whom}", states, f"{w} = {v} / den : {label}",
            named("""
            {W} is {part} as old as {V}.
            {W} is only {part} as old as {V}.
            Compared with {V}, {W} is {part} as old.
            """),
            den=part_of(v),
        ),
    )  # fmt: skip


def _questions(names: str, state: str) -> tuple[Pattern, ...]:
    last, states = names[-1], f"{state} > end"
    people = [f"{{{name}}}" for name in names]
    everyone = f"{', '.join(people[:-1])} and {people[-1]}"
    total = "s = a + b : years of {A} and {B}" + ("\ns = s + c : years of all three" if last == "C" else "")

    def named(text: str) -> str:
        return text.replace("{L}", f"{{{last}}}").replace("{ALL}", everyone)

    return (
        pattern(
            f"how-old-{last}", states, "",
            named("""
            How old is {L}?
            How many years old is {L}?
            What is {L}'s age?
            """),
        ),
        pattern(
            f"ages-total-{last}", states, total,
            named("""
            What is the sum of the ages of {ALL}?
            How many years old are {ALL} together?
            What do you get if you add the ages of {ALL}?
            """),
        ),
        pattern(
            f"age-later-{last}", states, f"x = {last.lower()} + k : {{{last}}}'s age then",
            named("""
            How old will {L} be in {k} years?
            What will {L}'s age be in {k} years?
            In {k} years, how old will {L} be?
            """),
            k=between(2, 20),
        ),
        pattern(
            f"age-earlier-{last}", states, f"x = {last.lower()} - k : {{{last}}}'s age then",
            named("""
            How old was {L} {k} years ago?
            What was {L}'s age {k} years ago?
            {k} years ago, how old was {L}?
            """),
            k=below(last.lower(), high=20),
        ),
        pattern(
            f"ages-total-later-{last}", states, f"{total}\nt = k * {len(names)} : years more\nx = s + t : years then",
            named("""
            What will be the sum of the ages of {ALL} in {k} years?
            In {k} years, how old will {ALL} be together?
            What will the ages of {ALL} add up to in {k} years?
            """),
            k=between(2, 12),
        ),
        pattern(
            f"ages-average-{last}", states, f"{total}\nx = s / {len(names)} : years on average",
            named("""
            What is the average age of {ALL}?
            How old are {ALL} on average?
            What is their average age in years?
            """),
        ),
    )  # fmt: skip


PATTERNS = (
    pattern(
        "age", "start > age-one", "",
        """
        {A} is {a} years old.
        {A}'s age is {a} years.
        Today {A} turns {a} years old.
        """,
        a=between(4, 40),
    ),
    pattern(
        "age-in", "start > age-one", "a = n - k : {A}'s age",
        """
        In {k} years {A} will be {n} years old.
        {A} will be {n} years old in {k} years.
        {k} years from now, {A} will be {n} years old.
        """,
        n=between(16, 50), k=below("n", high=12),
    ),
    pattern(
        "age-ago", "start > age-one", "a = n + k : {A}'s age",
        """
        {k} years ago {A} was {n} years old.
        {A} was {n} years old {k} years ago.
        {A} turned {n} exactly {k} years ago.
        """,
        n=between(4, 30), k=between(2, 12),
    ),
    *_relations("B", "A", "age-one > age-two"),
    *_relations("C", "B", "age-two > age-three"),
    *_relations("C", "A", "age-two > age-three"),
    pattern(
        "as-old-as-both", "age-two > age-three", "c = a + b : {C}'s age",
        """
        {C} is as old as {A} and {B} together.
        {C}'s age is the sum of the ages of {A} and {B}.
        The ages of {A} and {B} add up to the age of {C}.
        """,
    ),
    *_questions("AB", "age-two"), *_questions("ABC", "age-three"),
    pattern(
        "age-later-A", "age-one > end", "x = a + m : {A}'s age then",
        """
        How old will {A} be in {m} years?
        What will {A}'s age be in {m} years?
        In {m} years, how old will {A} be?
        """,
        m=between(2, 30),
    ),
)  # fmt: skip
