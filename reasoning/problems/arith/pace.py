"""Things done at a rate: so many an hour or a day."""

import random

from reasoning.problems.arith.numbers import (
    above,
    amount,
    below,
    between,
    multiple_of,
    percent_of,
    pick,
    share_of,
    times,
)  # fmt: skip
from reasoning.problems.arith.pattern import pattern
from reasoning.problems.arith.people import Fields

# reads, read, pages, day
_ACTIVITIES = tuple(
    tuple(entry.strip() for entry in line.split(","))
    for line in """
    reads, read, pages, day
    writes, write, pages, day
    runs, run, miles, day
    walks, walk, miles, day
    swims, swim, laps, day
    cycles, cycle, miles, hour
    hikes, hike, miles, day
    solves, solve, puzzles, day
    plants, plant, trees, hour
    picks, pick, apples, hour
    folds, fold, napkins, hour
    makes, make, bracelets, hour
    makes, make, candles, hour
    bakes, bake, loaves, hour
    washes, wash, plates, hour
    paints, paint, cups, hour
    types, type, letters, hour
    packs, pack, parcels, hour
    learns, learn, words, day
    knits, knit, rows, hour
    does, do, push-ups, day
    draws, draw, pictures, day
    takes, take, photos, day
    sells, sell, tickets, hour
    delivers, deliver, parcels, hour
    """.strip().splitlines()
)


def draw_fields(rng: random.Random) -> Fields:
    """The activity, what it is counted in, and by which time."""
    reads, read, pages, day = pick(rng, _ACTIVITIES)
    return {"reads": reads, "read": read, "pages": pages, "day": day, "days": f"{day}s",
            "on": "in" if day == "hour" else "on", "On": "In" if day == "hour" else "On",
            "a_day": "an hour" if day == "hour" else "a day"}  # fmt: skip


PATTERNS = (
    pattern(
        "pace", "start > paced", "x = r * m : {pages} in {m} {days}",
        """
        {A} {reads} {r} {pages} {a_day} for {m} {days}.
        Every {day}, {A} {reads} {r} {pages}. {He} does this for {m} {days}.
        For {m} {days}, {A} {reads} {r} {pages} every {day}.
        """,
        r=between(3, 40), m=between(2, 12),
    ),
    pattern(
        "two-paces", "start > pace",
        """
        x = r * m : {pages} in the first {days}
        t = k * n : {pages} in the next {days}
        x = x + t : {pages} in all
        """,
        """
        {A} {reads} {r} {pages} {a_day} for {m} {days} and then {k} {pages} {a_day} for {n} {days}.
        For {m} {days}, {A} {reads} {r} {pages} {a_day}. For the next {n} {days}, {he} {reads} {k} {pages} {a_day}.
        {A} {reads} {r} {pages} every {day} for {m} {days}, then {k} every {day} for {n} {days}.
        """,
        r=between(3, 30), m=between(2, 9), k=between(3, 30), n=between(2, 9),
    ),
    pattern(
        "more-on-second", "start > pace",
        """
        t = k + n : {pages} {on} the second {day}
        x = k + t : {pages} on both {days}
        """,
        """
        {A} {reads} {k} {pages} {on} the first {day} and {n} more than that {on} the second.
        {On} the first {day}, {A} {reads} {k} {pages}. {On} the second {day}, {he} {reads} {n} more than {on} the first.
        {A} {reads} {k} {pages} {on} one {day} and {n} more than that {on} the next.
        """,
        k=between(5, 60), n=between(2, 30),
    ),
    pattern(
        "times-on-second", "start > pace",
        """
        t = k * times : {pages} {on} the second {day}
        x = k + t : {pages} in both {days}
        """,
        """
        {A} {reads} {k} {pages} {on} the first {day} and {times} as many {on} the second.
        {On} the first {day}, {A} {reads} {k} {pages}. {On} the second {day}, {he} {reads} {times} as many.
        {A} {reads} {k} {pages} {on} one {day} and {times} as many {on} the next.
        """,
        k=between(5, 60), times=times(),
    ),
    pattern(
        "pace-together", "start > both",
        """
        t = r + k : {pages} {a_day} together
        x = t * m : {pages} together
        """,
        """
        {A} {reads} {r} {pages} {a_day}, and {B} {reads} {k}. They both do this for {m} {days}.
        {A} {reads} {r} {pages} {a_day} and {B} {reads} {k} {pages} {a_day} for {m} {days}.
        For {m} {days}, {A} {reads} {r} {pages} every {day} and {B} {reads} {k}.
        """,
        r=between(3, 30), k=between(3, 30), m=between(2, 10),
    ),
    pattern(
        "rate-of-many", "start > pace",
        """
        r = n / k : {pages} {a_day}
        x = r * m : {pages} in {m} {days}
        """,
        """
        {A} {reads} {n} {pages} in {k} {days}. {He} goes on at the same pace until {m} {days} are over.
        In {k} {days}, {A} {reads} {n} {pages}. {He} keeps this pace for {m} {days} in all.
        {A} {reads} {n} {pages} every {k} {days} and keeps this pace for {m} {days}.
        """,
        k=between(2, 8), n=multiple_of("k", 3, 20), m=between(9, 20),
    ),
    # what follows
    pattern(
        "goes-on", "pace|paced > pace",
        """
        t = k * n : {pages} in the next {days}
        x = x + t : {pages} in all
        """,
        """
        For the next {n} {days}, {he} {reads} {k} {pages} {a_day}.
        After that, {he} {reads} {k} {pages} {a_day} for {n} {days}.
        Then {A} {reads} {k} {pages} every {day} for {n} more {days}.
        """,
        k=between(3, 30), n=between(2, 9),
    ),
    pattern(
        "some-more", "pace|paced > pace", "x = x + n : {pages} in all",
        """
        Then {he} {reads} {n} more {pages}.
        After that, {he} {reads} another {n} {pages}.
        Later {A} {reads} {n} {pages} more.
        """,
        n=between(3, 60),
    ),
    pattern(
        "faster", "paced > pace",
        """
        r = r + n : {pages} {a_day} now
        t = r * k : {pages} in the next {days}
        x = x + t : {pages} in all
        """,
        """
        For the next {k} {days}, {he} {reads} {n} more {pages} {a_day} than before.
        Then {he} {reads} {n} more {pages} {a_day} than before for {k} {days}.
        After that, {he} goes on for {k} {days} and {reads} {n} more {pages} {a_day} than before.
        """,
        n=between(2, 15), k=between(2, 8),
    ),
    pattern(
        "twice-as-fast", "paced > pace",
        """
        r = r * times : {pages} {a_day} now
        t = r * k : {pages} in the next {days}
        x = x + t : {pages} in all
        """,
        """
        For the next {k} {days}, {he} {reads} {times} as many {pages} {a_day}.
        Then {he} {reads} {times} as many {pages} {a_day} for {k} {days}.
        After that, {he} goes on for {k} {days} and {reads} {times} as many {pages} {a_day}.
        """,
        times=times(), k=between(2, 8),
    ),
    pattern(
        "next-week-percent", "pace|paced > pace",
        """
        t = x * p : {pages} times {p}
        t = t / 100 : {pages} more
        x = x + t : {pages} in all
        """,
        """
        Then {he} {reads} another {p}% of that many {pages}.
        After that, {he} {reads} {p}% of that many {pages} again.
        Later {he} adds {p}% to that number of {pages}.
        """,
        p=percent_of("x"),
    ),
    # questions
    pattern(
        "pace-total", "pace|paced > end", "",
        """
        How many {pages} does {he} {read} in all?
        How many {pages} does {A} {read} altogether?
        How many {pages} does {A} {read} in total?
        """,
    ),
    pattern(
        "pace-remaining", "pace|paced > end", "x = n - x : {pages} left",
        """
        {His} goal is {n} {pages}. How many {pages} are left?
        {A} wants to {read} {n} {pages}. How many more does {he} have to {read}?
        If the goal is {n} {pages}, how many {pages} are still missing?
        """,
        n=above("x"),
    ),
    pattern(
        "pace-days-left", "pace|paced > end",
        """
        t = n - x : {pages} left
        x = t / k : {days}
        """,
        """
        {His} goal is {n} {pages}. How many more {days} does {he} need at {k} {pages} {a_day}?
        If {he} now {reads} {k} {pages} {a_day}, in how many {days} will {he} reach {n} {pages} in all?
        {A} wants to reach {n} {pages} in all. At {k} {pages} {a_day}, how many more {days} does {he} need?
        """,
        n=above("x"), k=between(4, 20),
    ),
    pattern(
        "pace-ahead", "pace|paced > end", "x = x - n : {pages} more",
        """
        In the same time {B} {reads} {n} {pages}. How many more {pages} does {A} {read} than {B}?
        How many more {pages} does {A} {read} than {B}, who {reads} {n} in all?
        If {B} {reads} {n} {pages} in all, how many more does {A} {read} than {B}?
        """,
        n=below("x", high=200),
    ),
    pattern(
        "pace-friend-times", "pace|paced > end", "x = x * times : {pages} of {B}",
        """
        {B} {reads} {times} as many {pages} in all. How many {pages} does {B} {read}?
        How many {pages} does {B} {read} if {B} {reads} {times} as many as {A}?
        If {B} {reads} {times} as many {pages} as {A} in all, how many is that?
        """,
        times=times(),
    ),
    pattern(
        "pace-minutes", "pace|paced > end", "x = x * k : minutes",
        """
        If every one of the {pages} takes {k} minutes, how many minutes does this take in all?
        {A} needs {k} minutes for each of the {pages}. How many minutes does {he} need in all?
        How many minutes is that in all if each of the {pages} takes {k} minutes?
        """,
        k=between(2, 12),
    ),
    pattern(
        "both-total", "both > end", "",
        """
        How many {pages} do they {read} together?
        How many {pages} do {A} and {B} {read} in all?
        How many {pages} do the two of them {read} altogether?
        """,
    ),
    pattern(
        "both-remaining", "both > end", "x = n - x : {pages} left",
        """
        Their goal is {n} {pages}. How many {pages} are left?
        Together they want to {read} {n} {pages}. How many more do they have to {read}?
        If their goal is {n} {pages}, how many {pages} are still missing?
        """,
        n=above("x"),
    ),
    pattern(
        "both-parts", "both > end", "x = x / k : {pages} in each part",
        """
        How many {pages} are in each part if all of them are divided into {k} equal parts?
        If the {pages} are divided into {k} equal parts, how many {pages} are in each part?
        They count the {pages} in {k} equal parts. How many {pages} are in each part?
        """,
        k=share_of("x"),
    ),
    pattern(
        "how-long", "start > end", "x = n / r : {days}",
        """
        {A} {reads} {r} {pages} {a_day}. How many {days} does {he} need for {n} {pages}?
        At {r} {pages} {a_day}, how many {days} does it take {A} to {read} {n} {pages}?
        How many {days} does {A} need for {n} {pages} if {he} {reads} {r} {pages} {a_day}?
        """,
        r=between(3, 20), n=multiple_of("r", 2, 15),
    ),
    pattern(
        "how-long-after", "start > end",
        """
        t = n - k : {pages} left
        x = t / r : {days}
        """,
        """
        {A} has to {read} {n} {pages} and is done with {k}. At {r} {pages} {a_day}, how many more {days} are needed?
        {A} wants to {read} {n} {pages}, and {k} are done. How many {days} do the rest take at {r} {pages} {a_day}?
        Of {n} {pages}, {A} is done with {k}. How many {days} does {he} need for the rest at {r} {pages} {a_day}?
        """,
        n=amount(40, 300), k=below("n", low=5, high=150), r=between(3, 20),
    ),
)  # fmt: skip
