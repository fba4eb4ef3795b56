"""What people earn, save and spend."""

import random

from reasoning.problems.arith import shopping
from reasoning.problems.arith.numbers import (
    QUARTER,
    above,
    amount,
    below,
    between,
    numerator,
    part_of,
    percent_of,
    pick,
    price,
    price_below,
    share_of,
    times,
)  # fmt: skip
from reasoning.problems.arith.pattern import pattern
from reasoning.problems.arith.people import Fields

_JOBS = tuple(
    tuple(line.split())
    for line in """
    mows lawn lawns
    walks dog dogs
    washes car cars
    cleans window windows
    paints door doors
    repairs bike bikes
    feeds cat cats
    waters garden gardens
    sweeps yard yards
    teaches lesson lessons
    carries bag bags
    cuts hedge hedges
    """.strip().splitlines()
)


def draw_fields(rng: random.Random) -> Fields:
    """What shopping needs, and a job by the piece."""
    mows, lawn, lawns = pick(rng, _JOBS)
    return {**shopping.draw_fields(rng), "mows": mows, "lawn": lawn, "lawns": lawns}


PATTERNS = (
    pattern(
        "has-dollars", "start > earned", "",
        """
        {A} has ${x}.
        There are ${x} in {A}'s purse.
        {A} has saved ${x}.
        """,
        x=amount(20, 300),
    ),
    pattern(
        "earns-hourly", "start > earned", "x = n * p : dollars earned",
        """
        {A} earns ${p} an hour and works for {n} hours.
        {A} works for {n} hours and earns ${p} an hour.
        For each hour of work {A} gets ${p}. {He} works for {n} hours.
        """,
        p=price(6, 30), n=between(2, 12),
    ),
    pattern(
        "earns-hours-a-day", "start > earned",
        """
        t = n * m : hours
        x = t * p : dollars earned
        """,
        """
        {A} works {n} hours a day for {m} days and earns ${p} an hour.
        {A} earns ${p} an hour. {He} works {n} hours a day for {m} days.
        For {m} days {A} works {n} hours a day at ${p} an hour.
        """,
        n=between(2, 9), m=between(2, 7), p=price(6, 24),
    ),
    pattern(
        "earns-by-piece", "start > earned", "x = n * p : dollars earned",
        """
        {A} earns ${p} for each {lawn} {he} {mows}. {He} {mows} {n} {lawns}.
        {A} {mows} {n} {lawns} and gets ${p} for each {lawn}.
        For every {lawn} that {he} {mows}, {A} gets ${p}. {He} {mows} {n} of them.
        """,
        p=price(2, 25), n=between(2, 15),
    ),
    pattern(
        "sells", "start > earned", "x = n * p : dollars earned",
        """
        {A} sells {n} {things} for ${p} each.
        {A} sells {n} {things} at a price of ${p} each.
        At the market {A} sells {n} {things} for ${p} each.
        """,
        n=between(4, 40), p=price(1, 9),
    ),
    pattern(
        "sells-two-kinds", "start > earned",
        """
        x = n * p : dollars for the {things}
        t = m * q : dollars for the {others}
        x = x + t : dollars earned
        """,
        """
        {A} sells {n} {things} for ${p} each and {m} {others} for ${q} each.
        At the market {A} sells {n} {things} at ${p} each and {m} {others} at ${q} each.
        {A} sells {things} for ${p} each and {others} for ${q} each. {He} sells {n} {things} and {m} {others}.
        """,
        n=between(3, 20), p=price(1, 8), m=between(3, 20), q=price(1, 8),
    ),
    pattern(
        "saves-weekly", "start > earned", "x = n * p : dollars saved",
        """
        {A} saves ${p} a week for {n} weeks.
        Every week for {n} weeks, {A} saves ${p}.
        {A} puts ${p} in a jar each week for {n} weeks.
        """,
        p=price(3, 25), n=between(3, 20),
    ),
    pattern(
        "gets-presents", "start > earned", "x = n + m : dollars in all",
        """
        {A} gets ${n} from {his} grandmother and ${m} from {his} uncle.
        {A}'s grandmother gives {him} ${n}, and {his} uncle gives {him} ${m}.
        For {his} birthday {A} gets ${n} from {his} father and ${m} from {his} aunt.
        """,
        n=amount(10, 90), m=amount(10, 90),
    ),
    pattern(
        "has-and-saves", "start > earned",
        """
        t = n * p : dollars saved
        x = m + t : dollars in all
        """,
        """
        {A} has ${m} and saves ${p} a week for {n} weeks.
        {A} starts with ${m} and saves another ${p} each week for {n} weeks.
        There are ${m} in {A}'s jar. {He} adds ${p} every week for {n} weeks.
        """,
        m=amount(10, 90), p=price(3, 20), n=between(3, 15),
    ),
    # what happens to the money
    pattern(
        "spends", "earned|cash > cash", "x = x - c : dollars left",
        """
        {He} buys {a_gadget} for ${c}.
        {He} spends ${c} on {a_gadget}.
        Then {A} pays ${c} for {a_gadget}.
        """,
        c=price_below("x", 5, 90),
    ),
    pattern(
        "spends-on-several", "earned|cash > cash",
        """
        t = k * q : dollars for the {extras}
        x = x - t : dollars left
        """,
        """
        {He} buys {k} {extras} for ${q} each.
        {He} spends some of it on {k} {extras} that cost ${q} each.
        Then {A} buys {k} {extras} at ${q} each.
        """,
        k=between(2, 9), q=price(1, 9),
    ),
    pattern(
        "spends-part", "earned|cash > cash",
        """
        t = x / den : dollars spent
        x = x - t : dollars left
        """,
        """
        {He} spends {part} of the money {he} has.
        {He} spends {part} of {his} money on food.
        Then {A} gives {part} of {his} money to {B}.
        """,
        den=part_of("x", unit=QUARTER),
    ),
    pattern(
        "spends-parts", "earned|cash > cash",
        """
        t = x / den : {part} of the dollars
        t = t * num : dollars spent
        x = x - t : dollars left
        """,
        """
        {He} spends {parts} of the money {he} has.
        {He} spends {parts} of {his} money on food.
        Then {A} gives {parts} of {his} money to {B}.
        """,
        den=part_of("x", unit=QUARTER), num=numerator("den"),
    ),
    pattern(
        "spends-percent", "earned|cash > cash",
        """
        t = x * p : dollars times {p}
        t = t / 100 : dollars spent
        x = x - t : dollars left
        """,
        """
        {He} spends {p}% of the money {he} has.
        {He} gives {p}% of {his} money to {B}.
        Then {A} uses {p}% of {his} money for a trip.
        """,
        p=percent_of("x", unit=QUARTER),
    ),
    pattern(
        "gets-dollars", "earned|cash > cash", "x = x + n : dollars in all",
        """
        {His} mother gives {him} ${n} more.
        Then {he} gets another ${n} from {B}.
        {B} pays {him} back ${n}.
        """,
        n=amount(5, 80),
    ),
    pattern(
        "pays-daily", "earned|cash > cash",
        """
        t = k * q : dollars for the bus
        x = x - t : dollars left
        """,
        """
        For {k} days {he} pays ${q} a day for the bus.
        {He} takes the bus for {k} days and pays ${q} a day.
        The bus costs {him} ${q} a day for {k} days.
        """,
        k=between(2, 10), q=price(1, 6),
    ),
    pattern(
        "grows-money", "earned|cash > cash", "x = x * times : dollars later",
        """
        A year later {he} has {times} as much money.
        By the end of the year {A} has {times} as much.
        After some time {he} has {times} as many dollars.
        """,
        times=times(),
    ),
    pattern(
        "interest", "earned|cash > cash",
        """
        t = x * p : dollars times {p}
        t = t / 100 : dollars more
        x = x + t : dollars in all
        """,
        """
        Then {his} money grows by {p}%.
        A year later {he} has {p}% more money.
        The bank adds {p}% to {his} money.
        """,
        p=percent_of("x", unit=QUARTER, among=(5, 10, 20, 25, 50)),
    ),
    # questions
    pattern(
        "dollars-in-all", "earned > end", "",
        """
        How many dollars is that in all?
        How many dollars is that altogether?
        How many dollars does {A} have after that?
        """,
    ),
    pattern(
        "dollars-now", "cash > end", "",
        """
        How many dollars does {he} have now?
        How many dollars does {A} have in the end?
        How many dollars does {A} have now?
        """,
    ),
    pattern(
        "needs-dollars", "earned|cash > end", "x = b - x : dollars missing",
        """
        {He} wants to buy {a_gift} for ${b}. How many more dollars does {he} need?
        How many more dollars does {he} need for {a_gift} that costs ${b}?
        The {gift} that {he} wants costs ${b}. How many more dollars does {A} need?
        """,
        b=above("x", by=80),
    ),
    pattern(
        "can-buy", "earned|cash > end", "x = x / k : {treats}",
        """
        How many {treats} at ${k} each can {he} buy with that money?
        One {treat} costs ${k}. How many {treats} can {A} buy with the money?
        If {treats} cost ${k} each, how many can {he} buy with all of the money?
        """,
        k=share_of("x", 2, 15),
    ),
    pattern(
        "money-lasts", "earned|cash > end", "x = x / k : days",
        """
        From now on {he} spends ${k} a day. How many days does the money last?
        If {he} spends ${k} every day, for how many days is the money enough?
        For how many days can {A} spend ${k} a day?
        """,
        k=share_of("x", 2, 20),
    ),
    pattern(
        "splits-money", "earned|cash > end", "x = x / n : dollars for each",
        """
        {He} divides the money equally among {n} children. How many dollars does each child get?
        If {he} splits the money equally among {n} friends, how many dollars does each friend get?
        {n} people get equal shares of the money. How many dollars does each person get?
        """,
        n=share_of("x", unit=QUARTER),
    ),
    pattern(
        "richer", "earned|cash > end", "x = x - n : dollars more",
        """
        {D} has ${n}. How many more dollars does {A} have than {D}?
        How many more dollars does {A} have now than {D}, who has ${n}?
        If {D} has ${n}, how many dollars more than {D} does {A} have?
        """,
        n=below("x", high=300),
    ),
    pattern(
        "money-together", "earned|cash > end", "x = x + n : dollars together",
        """
        {D} has ${n}. How many dollars do {A} and {D} have together?
        How many dollars do {A} and {D} have together if {D} has ${n}?
        {D} adds another ${n}. How many dollars is that in all?
        """,
        n=amount(5, 200),
    ),
)  # fmt: skip
