"""Several people, each with a number that is told by comparison."""

import random

from reasoning.problems.arith.numbers import (
    Domain,
    amount,
    below,
    between,
    part_of,
    percent_of,
    pick,
    price,
    times,
)  # fmt: skip
from reasoning.problems.arith.pattern import Pattern, pattern
from reasoning.problems.arith.people import Fields
from reasoning.problems.arith.things import BAKED, COLLECTED, FLOWERS, FRUITS, SOLD, STATIONERY, SWEETS

# what they did, its infinitive, and to what
_DEEDS = (
    ("picked", "pick", FRUITS), ("picked", "pick", FLOWERS), ("planted", "plant", FLOWERS), ("sold", "sell", BAKED),
    ("sold", "sell", SOLD), ("baked", "bake", BAKED), ("bought", "buy", STATIONERY), ("bought", "buy", SWEETS),
    ("bought", "buy", FRUITS), ("collected", "collect", COLLECTED), ("found", "find", COLLECTED),
)  # fmt: skip


def draw_fields(rng: random.Random) -> Fields:
    """What everyone has, or did, and the verb in the forms that sentences need."""
    if rng.random() < 0.35:
        things = pick(rng, COLLECTED + STATIONERY + FRUITS)[1]
        return {"did": "has", "have": "have", "does": "does", "do": "do", "things": things}
    did, infinitive, kinds = pick(rng, _DEEDS)
    return {"did": did, "have": infinitive, "does": "did", "do": "did", "things": pick(rng, kinds)[1]}


def _relations(who: str, whom: str, states: str) -> tuple[Pattern, ...]:
    """What can be said of one person's number, given another's: {W} and w stand for who, {V} and v for whom."""
    v = whom.lower()

    def relation(name: str, calculation: str, wordings: str, **numbers: Domain) -> Pattern:
        wordings = wordings.replace("{W}", f"{{{who}}}").replace("{V}", f"{{{whom}}}")
        calculation = calculation.replace("<w>", who.lower()).replace("<v>", v).replace("{W}", f"{{{who}}}")
        return pattern(f"{name}-{who}{whom}", states, calculation, wordings, renames=(), **numbers)

    return (
        relation(
            "times", "<w> = <v> * times : {W}'s {things}",
            """
            {W} {did} {times} as many {things} as {V}.
            {W} {did} {times} as many as {V}.
            Compared with {V}, {W} {did} {times} as many {things}.
            """,
            times=times(),
        ),
        relation(
            "more", "<w> = <v> + n : {W}'s {things}",
            """
            {W} {did} {n} more {things} than {V}.
            {W} {did} {n} more than {V}.
            Compared with {V}, {W} {did} {n} more {things}.
            """,
            n=between(2, 60),
        ),
        relation(
            "fewer", "<w> = <v> - n : {W}'s {things}",
            """
            {W} {did} {n} fewer {things} than {V}.
            {W} {did} {n} fewer than {V}.
            Compared with {V}, {W} {did} {n} fewer {things}.
            """,
            n=below(v, high=60),
        ),
        relation(
            "part", "<w> = <v> / den : {W}'s {things}",
            """
            {W} {did} {part} as many {things} as {V}.
            {W} {did} only {part} as many as {V}.
            Compared with {V}, {W} {did} {part} as many {things}.
            """,
            den=part_of(v),
        ),
        relation(
            "percent-of",
            """
            t = <v> * p : {things} times {p}
            <w> = t / 100 : {W}'s {things}
            """,
            """
            {W} {did} {p}% as many {things} as {V}.
            {W} {did} only {p}% as many as {V}.
            Compared with {V}, {W} {did} {p}% as many {things}.
            """,
            p=percent_of(v),
        ),
        relation(
            "percent-more",
            """
            t = <v> * p : {things} times {p}
            t = t / 100 : {things} more
            <w> = <v> + t : {W}'s {things}
            """,
            """
            {W} {did} {p}% more {things} than {V}.
            {W} {did} {p}% more than {V}.
            Compared with {V}, {W} {did} {p}% more {things}.
            """,
            p=percent_of(v),
        ),
        relation(
            "more-than-times",
            """
            t = <v> * times : {times} as many {things}
            <w> = t + n : {W}'s {things}
            """,
            """
            {W} {did} {n} more than {times} as many {things} as {V}.
            {W} {did} {n} more {things} than {times} as many as {V}.
            {W} {did} {times} as many {things} as {V} and {n} more.
            """,
            n=between(2, 30), times=times(),
        ),
        relation(
            "fewer-than-times",
            """
            t = <v> * times : {times} as many {things}
            <w> = t - n : {W}'s {things}
            """,
            """
            {W} {did} {n} fewer than {times} as many {things} as {V}.
            {W} {did} {n} fewer {things} than {times} as many as {V}.
            {W} {did} {times} as many {things} as {V}, less {n}.
            """,
            n=below(v, high=30), times=times(),
        ),
        relation(
            "more-than-part",
            """
            t = <v> / den : {part} as many {things}
            <w> = t + n : {W}'s {things}
            """,
            """
            {W} {did} {n} more than {part} as many {things} as {V}.
            {W} {did} {n} more {things} than {part} as many as {V}.
            {W} {did} {part} as many {things} as {V} and {n} more.
            """,
            den=part_of(v), n=between(2, 30),
        ),
    )  # fmt: skip


def _people(names: str) -> str:
    """`{A}, {B} and {C}` of `ABC`."""
    people = [f"{{{name}}}" for name in names]
    return f"{', '.join(people[:-1])} and {people[-1]}"


def _sum(names: str) -> str:
    """The operations that add up everyone's number as `s`."""
    terms = [name.lower() for name in names]
    lines = [f"s = {terms[0]} + {terms[1]} : {{things}} of {_people(names[:2])}"]
    lines += [f"s = s + {term} : {{things}} of {_people(names[: number + 3])}" for number, term in enumerate(terms[2:])]
    return "\n".join(lines)


def _questions(names: str, state: str) -> tuple[Pattern, ...]:
    everyone, last = _people(names), names[-1]
    states = f"{state} > end"

    def question(name: str, calculation: str, wordings: str, **numbers: Domain) -> Pattern:
        wordings = wordings.replace("{ALL}", everyone).replace("{L}", f"{{{last}}}")
        calculation = calculation.replace("<sum>", _sum(names)).replace("<l>", last.lower())
        return pattern(f"{name}-{len(names)}", states, calculation, wordings, renames=(), **numbers)

    return (
        question(
            "total", "<sum>",
            """
            How many {things} {do} {ALL} {have} in all?
            How many {things} {do} {ALL} {have} together?
            How many {things} {do} they {have} altogether?
            """,
        ),
        question(
            "last", "",
            """
            How many {things} {does} {L} {have}?
            How many {things} {does} {L} {have} in all?
            What is the number of {things} that {L} {did}?
            """,
        ),
        question(
            "last-more", "x = <l> - a : {things} more",
            """
            How many more {things} {does} {L} {have} than {A}?
            How many more {things} than {A} {does} {L} {have}?
            By how many {things} is {L} ahead of {A}?
            """,
        ),
        question(
            "last-fewer", "x = a - <l> : {things} fewer",
            """
            How many fewer {things} {does} {L} {have} than {A}?
            How many fewer {things} than {A} {does} {L} {have}?
            By how many {things} is {L} behind {A}?
            """,
        ),
        question(
            "average", f"<sum>\nx = s / {len(names)} : {{things}} on average",
            """
            How many {things} {do} {ALL} {have} on average?
            What is the average number of {things} per person?
            How many {things} {do} they {have} on average?
            """,
        ),
        question(
            "sell", "<sum>\nx = s * p : dollars",
            """
            Together they get ${p} for each of their {things}. How many dollars is that?
            If all of these {things} cost ${p} each, how many dollars do they cost in all?
            One of these {things} is worth ${p}. How many dollars are all of them worth?
            """,
            p=price(1, 5),
        ),
        question(
            "goal", "<sum>\nx = n - s : {things} missing",
            """
            Their goal is {n} {things}. How many {things} are missing?
            Together they need {n} {things}. How many more do they need?
            How many more {things} do they need to reach {n} together?
            """,
            n=amount(60, 900),
        ),
        question(
            "share", "<sum>\nx = s / n : {things} for each child",
            """
            All of these {things} are shared equally among {n} children. How many does each child get?
            If {n} children share all of them equally, how many {things} does each child get?
            {n} children get equal shares of all these {things}. How many does each child get?
            """,
            n=between(2, 12),
        ),
    )  # fmt: skip


_PAIRS = (
    pattern(
        "both", "two > three", "c = a + b : {C}'s {things}",
        """
        {C} {did} as many {things} as {A} and {B} together.
        {C} {did} as many as {A} and {B} together.
        Compared with {A} and {B} together, {C} {did} just as many {things}.
        """,
    ),
    pattern(
        "both-more", "two > three",
        """
        s = a + b : {things} of {A} and {B}
        c = s + n : {C}'s {things}
        """,
        """
        {C} {did} {n} more {things} than {A} and {B} together.
        {C} {did} {n} more than {A} and {B} together.
        Compared with {A} and {B} together, {C} {did} {n} more {things}.
        """,
        n=between(2, 40),
    ),
    pattern(
        "both-fewer", "two > three",
        """
        s = a + b : {things} of {A} and {B}
        c = s - n : {C}'s {things}
        """,
        """
        {C} {did} {n} fewer {things} than {A} and {B} together.
        {C} {did} {n} fewer than {A} and {B} together.
        Compared with {A} and {B} together, {C} {did} {n} fewer {things}.
        """,
        n=below("a", high=40),
    ),
    pattern(
        "both-times", "two > three",
        """
        s = a + b : {things} of {A} and {B}
        c = s * times : {C}'s {things}
        """,
        """
        {C} {did} {times} as many {things} as {A} and {B} together.
        {C} {did} {times} as many as {A} and {B} together.
        Compared with {A} and {B} together, {C} {did} {times} as many {things}.
        """,
        times=times(),
    ),
    pattern(
        "both-half", "two > three",
        """
        s = a + b : {things} of {A} and {B}
        c = s / 2 : {C}'s {things}
        """,
        """
        {C} {did} half as many {things} as {A} and {B} together.
        {C} {did} only half as many as {A} and {B} together.
        Compared with {A} and {B} together, {C} {did} half as many {things}.
        """,
    ),
)  # fmt: skip


def _owns(who: str, states: str) -> Pattern:
    return pattern(
        f"number-{who}", states, "",
        """
        {W} {did} {n} {things}.
        {W} {did} exactly {n} {things}.
        {W} {did} {n}.
        """.replace("{W}", f"{{{who}}}").replace("{n}", f"{{{who.lower()}}}"),
        renames=(), **{who.lower(): between(4, 90)},
    )  # fmt: skip


PATTERNS = (
    pattern(
        "first", "start > one", "",
        """
        {A} {did} {a} {things}.
        {A} {did} exactly {a} {things}.
        {a} is the number of {things} that {A} {did}.
        """,
        a=amount(6, 120),
    ),
    pattern(
        "first-two-kinds", "start > one", "a = n + m : {A}'s {things}",
        """
        {A} {did} {n} large {things} and {m} small {things}.
        {A} {did} {n} large {things} and {m} small ones.
        {A} {did} {n} {things} of one kind and {m} of another.
        """,
        n=between(3, 60), m=between(3, 60),
    ),
    _owns("B", "one > two"), _owns("C", "two > three"), _owns("D", "three > four"),
    *_relations("B", "A", "one > two"),
    *_relations("C", "B", "two > three"),
    *_relations("C", "A", "two > three"),
    *_relations("D", "C", "three > four"),
    *_relations("D", "A", "three > four"),
    *_PAIRS,
    *_questions("AB", "two"), *_questions("ABC", "three"), *_questions("ABCD", "four"),
)  # fmt: skip
