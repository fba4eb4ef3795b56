"""Many of a kind, and which share of them does what."""

import random

from reasoning.problems.arith.numbers import (
    amount,
    below,
    between,
    numerator,
    part_of,
    percent_of,
    pick,
    share_of,
)  # fmt: skip
from reasoning.problems.arith.pattern import pattern
from reasoning.problems.arith.people import Fields

_PEOPLE = "pupils children students campers visitors players guests dancers singers workers".split()
_PEOPLE_PLACES = "in the hall|at the camp|in the park|at the fair|in the gym|on the bus trip|at the lake".split("|")
_PEOPLE_DO = (
    "play chess|play football|sing in a choir|speak French|speak Spanish|wear glasses|wear a red hat|ride a bike|"
    "drink tea|drink water|eat an apple|like music|like math|own a dog|own a cat|play the piano|swim every day|"
    "dance|wear boots|carry a bag|walk home|take the bus|read every day|paint"
).split("|")
_ANIMALS = "sheep cows goats horses ducks chickens geese rabbits deer pigs".split()
_ANIMAL_PLACES = "on the farm|in the field|in the valley|by the river|on the hill".split("|")
_ANIMALS_DO = (
    "eat grass|drink water|sleep|lie in the shade|chew|stand by the fence|wear a bell|look for food|run around|"
    "stay near the barn"
).split("|")
_PLANTS = "trees bushes roses tulips sunflowers palms pines oaks".split()
_PLANT_PLACES = "in the garden|in the park|along the road|behind the house|at the nursery".split("|")
_PLANTS_DO = (
    "need water|stand in the sun|stand in the shade|lose their leaves|grow fast|look healthy|attract bees|"
    "grow near the wall|face south"
).split("|")

_KINDS = (
    (_PEOPLE, _PEOPLE_PLACES, _PEOPLE_DO, "who", "groups", "join them", "go away", "stickers", "cookies"),
    (_PEOPLE, _PEOPLE_PLACES, _PEOPLE_DO, "who", "teams", "join them", "leave", "tickets", "cards"),
    (_ANIMALS, _ANIMAL_PLACES, _ANIMALS_DO, "that", "groups", "join them", "run away", "carrots", "cups of corn"),
    (_PLANTS, _PLANT_PLACES, _PLANTS_DO, "that", "rows", "are planted there", "are cut down",
     "liters of water", "cups of water"),
)  # fmt: skip


def draw_fields(rng: random.Random) -> Fields:
    """A kind, where it is, and things that some of it do."""
    kinds, places, deeds, who, groups, join, leave, *gifts = pick(rng, _KINDS)
    kind, left = pick(rng, kinds), list(deeds)
    do = [left.pop(int(rng.random() * len(left))) for _ in range(8)]
    place = pick(rng, places)
    return {
        "pupils": kind, "those": f"the {kind}", "Those": f"The {kind}", "who": who, "place": place,
        "place_first": place[0].upper() + place[1:],
        "group": groups[:-1], "groups": groups, "join": join, "leave": leave,
        "cookies": pick(rng, gifts), "not_q": f"do not {do[0]}",
        "q": do[0], "r": do[1], "q2": do[2], "r2": do[3], "q3": do[4], "r3": do[5], "q4": do[6], "r4": do[7],
    }  # fmt: skip


# After "half of the pupils play chess", the story goes on about those who do, with the next things to do.
_NEXT = (
    ("q", "{q2}"), ("r", "{r2}"), ("not_q", "do not {q2}"),
    ("q2", "{q3}"), ("r2", "{r3}"), ("q3", "{q4}"), ("r3", "{r4}"),
)  # fmt: skip
_NARROW = (
    ("asked", "of {those} {q}"), ("those", "the {pupils} {who} {q}"), ("Those", "The {pupils} {who} {q}"), *_NEXT,
)  # fmt: skip
_NARROW_TO_OTHERS = (
    ("asked", "of {those} {r}"), ("those", "the {pupils} {who} {r}"), ("Those", "The {pupils} {who} {r}"), *_NEXT,
)  # fmt: skip

PATTERNS = (
    pattern(
        "there-are", "start > group", "",
        """
        There are {x} {pupils} {place}.
        {x} {pupils} are {place}.
        {place_first} there are {x} {pupils}.
        """,
        x=amount(12, 240),
    ),
    pattern(
        "there-are-groups", "start > group", "x = n * m : {pupils} in all",
        """
        There are {n} {groups} of {m} {pupils} {place}.
        {n} {groups} of {m} {pupils} each are {place}.
        {place_first} there are {n} {groups} with {m} {pupils} in each.
        """,
        n=between(2, 15), m=between(4, 20),
    ),
    pattern(
        "two-places", "start > group", "x = n + m : {pupils} in all",
        """
        There are {n} {pupils} {place} and {m} more next to them.
        {place_first} there are {n} {pupils}, and {m} more are not far away.
        {n} {pupils} are {place}, and {m} more stand beside them.
        """,
        n=amount(10, 90), m=amount(10, 90),
    ),
    pattern(
        "more-join", "group > group", "x = x + n : {pupils} in all",
        """
        {n} more {pupils} {join}.
        Then {n} more {pupils} {join}.
        After a while, {n} more {pupils} {join}.
        """,
        n=between(2, 80),
    ),
    pattern(
        "some-leave", "group > group", "x = x - n : {pupils} left",
        """
        {n} of the {pupils} {leave}.
        Then {n} of them {leave}.
        After a while, {n} {pupils} {leave}.
        """,
        n=below("x", high=80),
    ),
    pattern(
        "part-leave", "group > group",
        """
        t = x / den : {pupils} gone
        x = x - t : {pupils} left
        """,
        """
        {Part} of the {pupils} {leave}.
        Then {part} of them {leave}.
        After a while, {part} of the {pupils} {leave}.
        """,
        den=part_of("x"),
    ),
    pattern(
        "part-does", "group|named > named", "x = x / den : number that {q}",
        """
        {Part} of {those} {q}.
        Of {those}, {part} {q}.
        Exactly {part} of {those} {q}.
        """,
        den=part_of("x"), renames=_NARROW,
    ),
    pattern(
        "parts-do", "group|named > named",
        """
        t = x / den : {part} of them
        x = t * num : number that {q}
        """,
        """
        {Parts} of {those} {q}.
        Of {those}, {parts} {q}.
        Exactly {parts} of {those} {q}.
        """,
        den=part_of("x"), num=numerator("den"), renames=_NARROW,
    ),
    pattern(
        "percent-do", "group|named > named",
        """
        t = x * p : {pupils} times {p}
        x = t / 100 : number that {q}
        """,
        """
        {p}% of {those} {q}.
        Of {those}, {p}% {q}.
        Exactly {p}% of {those} {q}.
        """,
        p=percent_of("x"), renames=_NARROW,
    ),
    pattern(
        "part-and-others", "group|named > named",
        """
        t = x / den : number that {q}
        x = x - t : number that {r}
        """,
        """
        {Part} of {those} {q}, and the others {r}.
        {Part} of {those} {q}, and all the others {r}.
        Of {those}, {part} {q} and the rest {r}.
        """,
        den=part_of("x"), renames=_NARROW_TO_OTHERS,
    ),
    pattern(
        "percent-and-others", "group|named > named",
        """
        t = x * p : {pupils} times {p}
        t = t / 100 : number that {q}
        x = x - t : number that {r}
        """,
        """
        {p}% of {those} {q}, and the others {r}.
        {p}% of {those} {q}, and all the others {r}.
        Of {those}, {p}% {q} and the rest {r}.
        """,
        p=percent_of("x"), renames=_NARROW_TO_OTHERS,
    ),
    pattern(
        "some-and-others", "group|named > named", "x = x - n : number that {r}",
        """
        {n} of {those} {q}, and the others {r}.
        {n} of {those} {q}, and all the others {r}.
        Of {those}, {n} {q} and the rest {r}.
        """,
        n=below("x", high=90), renames=_NARROW_TO_OTHERS,
    ),
    # questions
    pattern(
        "how-many-there", "group > end", "",
        """
        How many {pupils} are {place} now?
        How many {pupils} are there now?
        How many {pupils} are there in all?
        """,
    ),
    pattern(
        "how-many-do", "named > end", "",
        """
        How many {asked}?
        Find the number: how many {asked}?
        Exactly how many {asked}?
        """,
    ),
    pattern(
        "how-many-groups", "group|named > end", "x = x / n : {groups}",
        """
        {Those} are divided into {groups} of {n}. How many {groups} are there?
        If {those} form {groups} of {n}, how many {groups} are there?
        There are {n} in each {group} of {those}. How many {groups} do they form?
        """,
        n=share_of("x"),
    ),
    pattern(
        "group-size", "group|named > end", "x = x / n : {pupils} in each {group}",
        """
        {Those} are divided into {n} equal {groups}. How many {pupils} are in each {group}?
        If {those} form {n} equal {groups}, how many {pupils} are in each {group}?
        {n} equal {groups} are made of {those}. How many {pupils} are in each {group}?
        """,
        n=share_of("x"),
    ),
    pattern(
        "each-gets", "group|named > end", "x = x * n : {cookies}",
        """
        Each of {those} gets {n} {cookies}. How many {cookies} is that in all?
        If each of {those} gets {n} {cookies}, how many {cookies} are needed?
        How many {cookies} are needed if each of {those} gets {n}?
        """,
        n=between(2, 9),
    ),
    pattern(
        "other-part", "group|named > end",
        """
        t = x / den : number that {q}
        x = x - t : number that {not_q}
        """,
        """
        {Part} of {those} {q}. How many of {those} do not {q}?
        If {part} of {those} {q}, how many of {those} do not?
        Of {those}, {part} {q}. How many do not?
        """,
        den=part_of("x"),
    ),
    pattern(
        "other-percent", "group|named > end",
        """
        t = x * p : {pupils} times {p}
        t = t / 100 : number that {q}
        x = x - t : number that {not_q}
        """,
        """
        {p}% of {those} {q}. How many of {those} do not {q}?
        If {p}% of {those} {q}, how many of {those} do not?
        Of {those}, {p}% {q}. How many do not?
        """,
        p=percent_of("x"),
    ),
    pattern(
        "given-out", "group|named > end",
        """
        x = x * n : {cookies} given out
        x = m - x : {cookies} left
        """,
        """
        Each of {those} gets {n} of {m} {cookies}. How many {cookies} are left?
        There are {m} {cookies}, and each of {those} gets {n}. How many {cookies} are left?
        If each of {those} gets {n} {cookies}, how many of {m} {cookies} are left?
        """,
        n=between(2, 5), m=amount(100, 900),
    ),
)  # fmt: skip
