"""Someone has things, gets more, gives some away."""

import random

from reasoning.problems.arith import holding_questions
from reasoning.problems.arith.numbers import amount, below, between, numerator, part_of, percent_of, pick, times
from reasoning.problems.arith.pattern import pattern
from reasoning.problems.arith.people import Fields
from reasoning.problems.arith.things import COLORS, CONTAINERS, HELD, OPPOSITES


def draw_fields(rng: random.Random) -> Fields:
    """The things, what they are kept in, and what two kinds of them differ in."""
    thing, things = pick(rng, HELD)
    box, boxes = pick(rng, CONTAINERS)
    red, blue = pick(rng, OPPOSITES) if rng.random() < 0.4 else _two_colors(rng)
    return {
        "thing": thing, "things": things, "box": box, "boxes": boxes, "red": red, "blue": blue,
    }  # fmt: skip


def _two_colors(rng: random.Random) -> tuple[str, str]:
    first = int(rng.random() * len(COLORS))
    return COLORS[first], COLORS[first - 1 - int(rng.random() * (len(COLORS) - 1))]


PATTERNS = (
    # openings
    pattern(
        "has", "start > held", "",
        """
        {A} has {x} {things}.
        {A} owns {x} {things}.
        {A} starts with {x} {things}.
        {A} keeps {x} {things} at home.
        """,
        x=amount(10, 160),
    ),
    pattern(
        "has-boxes", "start > held", "x = n * m : {things} in the {boxes}",
        """
        {A} has {n} {boxes} with {m} {things} in each {box}.
        {A} has {n} {boxes}, and each {box} holds {m} {things}.
        There are {m} {things} in each of {A}'s {n} {boxes}.
        {A} buys {n} {boxes} of {m} {things} each.
        """,
        n=between(2, 12), m=between(3, 20),
    ),
    pattern(
        "has-boxes-and-loose", "start > held",
        """
        x = n * m : {things} in the {boxes}
        x = x + k : {things} in all
        """,
        """
        {A} has {n} {boxes} of {m} {things} each and {k} loose {things}.
        {A} has {k} loose {things} and {n} {boxes} with {m} {things} in each {box}.
        {A} fills {n} {boxes} with {m} {things} each and has {k} {things} left over.
        """,
        n=between(2, 12), m=between(3, 20), k=between(2, 30),
    ),
    pattern(
        "has-two-kinds", "start > held", "x = n + m : {things} in all",
        """
        {A} has {n} {red} {things} and {m} {blue} {things}.
        {A} owns {n} {red} {things} and {m} {blue} ones.
        In {A}'s {box} there are {n} {red} {things} and {m} {blue} {things}.
        """,
        n=between(5, 90), m=between(5, 90),
    ),
    pattern(
        "has-dozens", "start > held", "x = n * 12 : {things} in all",
        """
        {A} has {n} dozen {things}.
        {A} buys {n} dozen {things}.
        {A} gets {n} dozen {things} from {his} aunt.
        """,
        n=between(2, 12),
    ),
    pattern(
        "has-daily", "start > held", "x = n * m : {things} in all",
        """
        {A} gets {n} {things} every day for {m} days.
        For {m} days, {A} gets {n} {things} a day.
        {A} puts {n} {things} into a {box} every day for {m} days.
        """,
        n=between(3, 20), m=between(2, 14),
    ),
    pattern(
        "has-two-days", "start > held", "x = n + m : {things} on both days",
        """
        {A} gets {n} {things} on Monday and {m} {things} on Tuesday.
        On Monday {A} gets {n} {things}, and on Tuesday {he} gets {m}.
        {A} buys {n} {things} on Saturday and {m} more on Sunday.
        """,
        n=between(4, 90), m=between(4, 90),
    ),
    pattern(
        "has-times-next-day", "start > held",
        """
        x = n * times : {things} on the second day
        x = n + x : {things} on both days
        """,
        """
        {A} gets {n} {things} on Monday and {times} as many on Tuesday.
        On Monday {A} buys {n} {things}, and on Tuesday {he} buys {times} as many.
        {A} gets {n} {things} one day and {times} as many the next day.
        """,
        n=between(4, 60), times=times(),
    ),
    pattern(
        "has-rows", "start > held", "x = n * m : {things} in the rows",
        """
        {A} lays {his} {things} out in {n} rows of {m}.
        {A} puts {his} {things} in {n} rows with {m} in each row.
        {A}'s {things} lie on a table in {n} rows of {m}.
        """,
        n=between(3, 15), m=between(3, 20),
    ),
    # what happens
    pattern(
        "buys", "held|has > has", "x = x + n : {things} in all",
        """
        {He} buys {n} more {things}.
        Then {he} buys {n} more.
        {A} goes to the store and buys another {n} {things}.
        """,
        n=between(2, 95),
    ),
    pattern(
        "finds", "held|has > has", "x = x + n : {things} in all",
        """
        {He} finds {n} more {things} in a drawer.
        Then {he} finds {n} more.
        {A} finds another {n} {things} at home.
        """,
        n=between(2, 40),
    ),
    pattern(
        "gets-from", "held|has > has", "x = x + n : {things} in all",
        """
        {B} gives {him} {n} more {things}.
        {He} gets {n} {things} from {B}.
        Then {B} brings {him} {n} more.
        """,
        n=between(2, 80),
    ),
    pattern(
        "gives", "held|has > has", "x = x - n : {things} left",
        """
        {He} gives {n} {things} to {B}.
        {He} gives {n} of them to {B}.
        {B} asks for some {things}, and {he} gives {B} {n}.
        """,
        n=below("x"),
    ),
    pattern(
        "loses", "held|has > has", "x = x - n : {things} left",
        """
        {He} loses {n} of them.
        Then {he} loses {n} {things}.
        On the way home {A} loses {n} {things}.
        """,
        n=below("x", high=60),
    ),
    pattern(
        "throws-away", "held|has > has", "x = x - n : {things} left",
        """
        {n} of the {things} are damaged, and {he} throws them away.
        {He} throws {n} damaged {things} away.
        {A} sees that {n} {things} are damaged and throws them away.
        """,
        n=below("x", high=40),
    ),
    pattern(
        "gives-part", "held|has > has",
        """
        t = x / den : {things} for {B}
        x = x - t : {things} left
        """,
        """
        {He} gives {part} of {his} {things} to {B}.
        {He} gives {B} {part} of the {things} {he} has.
        Then {B} gets {part} of all {his} {things}.
        """,
        den=part_of("x"),
    ),
    pattern(
        "gives-parts", "held|has > has",
        """
        t = x / den : {part} of the {things}
        t = t * num : {things} for {B}
        x = x - t : {things} left
        """,
        """
        {He} gives {parts} of {his} {things} to {B}.
        {He} gives {B} {parts} of the {things} {he} has.
        Then {B} gets {parts} of all {his} {things}.
        """,
        den=part_of("x"), num=numerator("den"),
    ),
    pattern(
        "keeps-part", "held|has > has", "x = x / den : {things} kept",
        """
        {He} keeps {part} of the {things} and gives the rest away.
        {He} gives most of them away and keeps only {part} of the {things}.
        {A} keeps just {part} of {his} {things} and sells the others.
        """,
        den=part_of("x"),
    ),
    pattern(
        "loses-percent", "held|has > has",
        """
        t = x * p : {things} times {p}
        t = t / 100 : {things} lost
        x = x - t : {things} left
        """,
        """
        {He} loses {p}% of them.
        Then {p}% of the {things} get lost.
        On a trip {A} loses {p}% of {his} {things}.
        """,
        p=percent_of("x"),
    ),
    pattern(
        "gets-percent-more", "held|has > has",
        """
        t = x * p : {things} times {p}
        t = t / 100 : {things} added
        x = x + t : {things} in all
        """,
        """
        By the end of the month {he} has {p}% more {things}.
        Then {he} adds {p}% more {things}.
        A month later {A} has {p}% more {things}.
        """,
        p=percent_of("x"),
    ),
    pattern(
        "gives-each-friend", "held|has > has",
        """
        t = k * m : {things} given away
        x = x - t : {things} left
        """,
        """
        {He} gives {m} {things} to each of {k} friends.
        {He} gives each of {his} {k} cousins {m} {things}.
        Then {k} friends get {m} {things} each from {him}.
        """,
        k=between(2, 8), m=between(2, 12),
    ),
    pattern(
        "buys-boxes", "held|has > has",
        """
        t = k * m : {things} bought
        x = x + t : {things} in all
        """,
        """
        {He} buys {k} {boxes} of {m} {things} each.
        Then {he} buys {k} {boxes} with {m} {things} in each.
        {A} buys {k} more {boxes}, each with {m} {things}.
        """,
        k=between(2, 10), m=between(2, 15),
    ),
    pattern(
        "grows-times", "held|has > has", "x = x * times : {things} later",
        """
        By the end of the year {he} has {times} as many {things}.
        A year later {he} has {times} as many.
        After a month {A} has {times} as many {things}.
        """,
        times=times(),
    ),
    pattern(
        "swaps", "held|has > has",
        """
        x = x - n : {things} kept
        x = x + m : {things} after the swap
        """,
        """
        {He} swaps {n} of them for {m} other {things}.
        {He} gives {n} {things} to {B} and gets {m} other {things} back.
        Then {he} trades {n} {things} for {m} other ones.
        """,
        n=below("x", high=40), m=between(2, 40),
    ),
    pattern(
        "buys-daily", "held|has > has",
        """
        t = k * m : {things} bought
        x = x + t : {things} in all
        """,
        """
        For {k} days {he} buys {m} {things} a day.
        Then {he} buys {m} {things} a day for {k} days.
        In the next {k} days {A} buys {m} more {things} each day.
        """,
        k=between(2, 14), m=between(2, 12),
    ),
    pattern(
        "gives-daily", "held|has > has",
        """
        t = k * m : {things} given away
        x = x - t : {things} left
        """,
        """
        For {k} days {he} gives {m} {things} away each day.
        Then {he} gives away {m} {things} a day for {k} days.
        In the next {k} days {A} gives away {m} {things} each day.
        """,
        k=between(2, 10), m=between(2, 10),
    ),
    *holding_questions.PATTERNS,
)  # fmt: skip
