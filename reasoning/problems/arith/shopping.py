"""What people buy, and what it costs."""

import random
from collections.abc import Sequence

from reasoning.problems.arith.numbers import (
    QUARTER,
    T,
    above,
    below,
    between,
    bill_over,
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
from reasoning.problems.arith.things import GADGETS, PRICED, with_article


def draw_fields(rng: random.Random) -> Fields:
    """Four kinds of cheap things and three single ones, all different."""
    kinds = _draw_different(rng, PRICED, 4)
    single, gift, addition = (thing for thing, _ in _draw_different(rng, GADGETS, 3))
    return {
        "thing": kinds[0][0],
        "things": kinds[0][1],
        "others": kinds[1][1],
        "extras": kinds[2][1],
        "treat": kinds[3][0],
        "treats": kinds[3][1],
        "gadget": single,
        "a_gadget": with_article(single),
        "gift": gift,
        "a_gift": with_article(gift),
        "an_addition": with_article(addition),
    }


def _draw_different(rng: random.Random, words: Sequence[T], number: int) -> list[T]:
    drawn = [pick(rng, words)]
    while len(drawn) < number:
        word = pick(rng, words)
        if word not in drawn:
            drawn.append(word)
    return drawn


PATTERNS = (
    pattern(
        "buys-priced", "start > bill", "x = n * p : dollars for the {things}",
        """
        {A} buys {n} {things} for ${p} each.
        {A} buys {n} {things} that cost ${p} each.
        One {thing} costs ${p}, and {A} buys {n} {things}.
        At the store {A} picks {n} {things} at ${p} each.
        """,
        n=between(2, 20), p=price(1, 12),
    ),
    pattern(
        "buys-two-priced", "start > bill",
        """
        x = n * p : dollars for the {things}
        t = m * q : dollars for the {others}
        x = x + t : dollars in all
        """,
        """
        {A} buys {n} {things} for ${p} each and {m} {others} for ${q} each.
        {A} buys {n} {things} at ${p} each and {m} {others} at ${q} each.
        A store sells {things} for ${p} each and {others} for ${q} each. {A} buys {n} {things} and {m} {others}.
        """,
        n=between(2, 12), p=price(1, 9), m=between(2, 12), q=price(1, 9),
    ),
    pattern(
        "buys-single", "start > bill", "",
        """
        {A} wants to buy {a_gadget} that costs ${x}.
        {A} looks at {a_gadget} for ${x} in a store and takes it.
        The price of {a_gadget} that {A} buys is ${x}.
        """,
        x=price(12, 200),
    ),
    pattern(
        "buys-two-single", "start > bill", "x = n + m : dollars for both",
        """
        {A} buys {a_gadget} for ${n} and {a_gift} for ${m}.
        {A} buys {a_gadget} that costs ${n} and {a_gift} that costs ${m}.
        The {gadget} that {A} buys costs ${n}, and the {gift} costs ${m}.
        """,
        n=price(10, 90), m=price(10, 90),
    ),
    pattern(
        "buys-times-dearer", "start > bill",
        """
        t = n * times : dollars for the {gift}
        x = n + t : dollars for both
        """,
        """
        {A} buys {a_gadget} for ${n} and {a_gift} that costs {times} as much.
        {A} buys {a_gadget} and {a_gift}. The {gadget} costs ${n}, and the {gift} costs {times} as much.
        The {gadget} that {A} buys costs ${n}, and the {gift} costs {times} as much.
        """,
        n=price(5, 60), times=times(),
    ),
    pattern(
        "buys-cheaper", "start > bill",
        """
        t = n - m : dollars for the {gift}
        x = n + t : dollars for both
        """,
        """
        {A} buys {a_gadget} for ${n} and {a_gift} that costs ${m} less.
        {A} buys {a_gadget} and {a_gift}. The {gadget} costs ${n}, and the {gift} costs ${m} less.
        The {gadget} that {A} buys costs ${n}, and the {gift} is ${m} cheaper.
        """,
        n=price(12, 90), m=price_below("n", 2, 40),
    ),
    pattern(
        "buys-dozens", "start > bill",
        """
        t = n * 12 : {things}
        x = t * p : dollars for the {things}
        """,
        """
        {A} buys {n} dozen {things} for ${p} each.
        {A} buys {n} dozen {things} that cost ${p} each.
        One {thing} costs ${p}, and {A} buys {n} dozen.
        """,
        n=between(2, 6), p=price(1, 6),
    ),
    # what changes the bill
    pattern(
        "also-buys", "bill > bill", "x = x + q : dollars in all",
        """
        {He} also buys {an_addition} for ${q}.
        {A} then adds {an_addition} for ${q}.
        {He} takes {an_addition} that costs ${q}, too.
        """,
        q=price(4, 60),
    ),
    pattern(
        "also-buys-several", "bill > bill",
        """
        t = m * q : dollars for the {extras}
        x = x + t : dollars in all
        """,
        """
        {He} also buys {m} {extras} for ${q} each.
        {A} then adds {m} {extras} at ${q} each.
        {He} takes {m} {extras} that cost ${q} each, too.
        """,
        m=between(2, 10), q=price(1, 8),
    ),
    pattern(
        "coupon", "bill > bill", "x = x - c : dollars to pay",
        """
        {He} has a coupon for ${c} off.
        A coupon takes ${c} off the total.
        The store takes ${c} off the bill.
        """,
        c=below("x", high=20),
    ),
    pattern(
        "discount", "bill > bill",
        """
        t = x * p : dollars times {p}
        t = t / 100 : dollars off
        x = x - t : dollars to pay
        """,
        """
        {He} gets a discount of {p}%.
        The store takes {p}% off the total.
        There is a sale, and everything is {p}% off.
        """,
        p=percent_of("x", unit=QUARTER, among=(5, 10, 15, 20, 25, 30, 40, 50)),
    ),
    pattern(
        "tax", "bill > bill",
        """
        t = x * p : dollars times {p}
        t = t / 100 : dollars of tax
        x = x + t : dollars to pay
        """,
        """
        A tax of {p}% is added.
        {He} also has to pay {p}% tax.
        The store adds {p}% tax to the bill.
        """,
        p=percent_of("x", unit=QUARTER, among=(5, 10, 15, 20)),
    ),
    pattern(
        "delivery", "bill > bill", "x = x + c : dollars in all",
        """
        Delivery costs ${c} more.
        {He} pays another ${c} for delivery.
        The store adds ${c} for delivery.
        """,
        c=price(2, 20),
    ),
    pattern(
        "pays-part", "bill > bill",
        """
        t = x / den : dollars from {B}
        x = x - t : dollars left to pay
        """,
        """
        {B} pays {part} of the bill.
        {His} friend {B} pays {part} of the total.
        {Part} of the bill is paid by {B}.
        """,
        den=part_of("x", unit=QUARTER),
    ),
    # questions
    pattern(
        "pays", "bill > end", "",
        """
        How many dollars does {A} pay?
        How many dollars does {he} spend?
        How many dollars does {A} have to pay in all?
        """,
    ),
    pattern(
        "change", "bill > end", "x = b - x : dollars of change",
        """
        {He} pays with a ${b} bill. How many dollars of change does {he} get?
        If {he} pays with a ${b} bill, how many dollars does {he} get back?
        How many dollars does {A} get back from a ${b} bill?
        """,
        b=bill_over("x"),
    ),
    pattern(
        "money-left", "bill > end", "x = b - x : dollars left",
        """
        {He} had ${b} before. How many dollars does {he} have left?
        If {he} had ${b} at first, how many dollars are left?
        How many dollars does {A} have left if {he} came with ${b}?
        """,
        b=above("x", by=60),
    ),
    pattern(
        "lacks", "bill > end", "x = x - b : dollars missing",
        """
        {He} has only ${b}. How many more dollars does {he} need?
        If {he} has only ${b}, how many dollars does {he} lack?
        How many more dollars does {A} need if {he} has ${b}?
        """,
        b=below("x", high=300),
    ),
    pattern(
        "splits-bill", "bill > end", "x = x / n : dollars for each",
        """
        {n} friends split the cost equally. How many dollars does each of them pay?
        If {n} people share the cost equally, how many dollars does each person pay?
        The cost is split equally among {n} people. How many dollars does each of them pay?
        """,
        n=share_of("x", unit=QUARTER),
    ),
    pattern(
        "saves-for", "bill > end", "x = x / k : weeks",
        """
        {He} saves ${k} a week for this. How many weeks does it take?
        If {he} saves ${k} every week, for how many weeks must {he} save to pay for this?
        How many weeks must {A} save ${k} a week to pay for this?
        """,
        k=share_of("x", 2, 25),
    ),
    pattern(
        "pays-more-than", "bill > end", "x = x - b : dollars more",
        """
        {D} spends ${b}. How many more dollars does {A} spend than {D}?
        How many more dollars does {A} pay than {D}, who pays ${b}?
        If {D} spends ${b}, how many dollars more does {A} spend?
        """,
        b=below("x", high=200),
    ),
)  # fmt: skip
