"""Someone's things told from the end: how many were there at first?"""

from reasoning.problems.arith.numbers import below, between, share_of
from reasoning.problems.arith.pattern import pattern

PATTERNS = (
    pattern(
        "backwards-gives", "start > before", "x = m + n : {things} at first",
        """
        {A} gives {n} {things} to {B} and has {m} left.
        After {A} gives {n} of {his} {things} to {B}, {he} has {m} left.
        {A} has {m} {things} left after giving {n} to {B}.
        """,
        n=between(3, 80), m=between(3, 90),
    ),
    pattern(
        "backwards-buys", "start > before", "x = m - n : {things} at first",
        """
        {A} buys {n} {things} and now has {m}.
        After buying {n} {things}, {A} has {m} of them.
        {A} has {m} {things} after {B} brings {him} {n}.
        """,
        m=between(12, 120), n=below("m", high=90),
    ),
    pattern(
        "backwards-part", "start > before", "x = m * 2 : {things} at first",
        """
        {A} gives half of {his} {things} to {B} and has {m} left.
        After {A} sells half of {his} {things}, {he} has {m} left.
        {A} has {m} {things} left after losing half of them.
        """,
        m=between(3, 150),
    ),
    pattern(
        "backwards-each-friend", "start > before",
        """
        t = k * n : {things} given away
        x = m + t : {things} at first
        """,
        """
        {A} gives {n} {things} to each of {k} friends and has {m} left.
        After giving {n} {things} to each of {k} cousins, {A} has {m} left.
        {A} gives {k} friends {n} {things} each. Then {he} has {m} {things} left.
        """,
        k=between(2, 9), n=between(2, 12), m=between(3, 60),
    ),
    pattern(
        "backwards-shares", "start > before", "x = n * m : {things} at first",
        """
        {A} shares {his} {things} equally among {n} friends, and each friend gets {m}.
        When {A} shares {his} {things} among {n} friends, each of them gets {m}.
        {n} friends get {m} {things} each when {A} gives all of {his} {things} away.
        """,
        n=between(2, 12), m=between(3, 20),
    ),
    pattern(
        "backwards-two", "start > before",
        """
        x = m + k : {things} before the loss
        x = x - n : {things} at first
        """,
        """
        {A} buys {n} {things}, then loses {k} and has {m} left.
        After buying {n} {things} and losing {k}, {A} has {m} {things}.
        {A} gets {n} {things} from {B}, gives {k} to {C} and has {m} left.
        """,
        m=between(20, 90), k=between(2, 30), n=between(2, 19),
    ),
    pattern(
        "at-first", "before > end", "",
        """
        How many {things} did {A} have at first?
        How many {things} did {he} have at the start?
        How many {things} did {A} have before that?
        """,
    ),
    pattern(
        "boxes-at-first", "before > end", "x = x / n : {boxes}",
        """
        At first the {things} were in {boxes} of {n}. How many {boxes} were there?
        If {he} got them in {boxes} of {n}, how many {boxes} did {he} get?
        {He} had bought them in {boxes} of {n}. How many {boxes} had {he} bought?
        """,
        n=share_of("x", 2, 20),
    ),
    pattern(
        "more-at-first", "before > end", "x = x - n : {things} more",
        """
        {D} had {n} {things} at first. How many more {things} than {D} did {A} have at first?
        At first {D} had {n} {things}. How many more did {A} have then?
        How many more {things} did {A} have at first than {D}, who had {n}?
        """,
        n=below("x"),
    ),
)  # fmt: skip
