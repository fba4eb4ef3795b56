"""Questions about someone's things."""

from reasoning.problems.arith.numbers import above, below, between, price, share_of, times
from reasoning.problems.arith.pattern import pattern

PATTERNS = (
    pattern(
        "in-all", "held > end", "",
        """
        How many {things} is that in all?
        How many {things} does {A} have?
        How many {things} does {A} have in all?
        """,
    ),
    pattern(
        "now", "has > end", "",
        """
        How many {things} does {he} have now?
        How many {things} does {A} have now?
        How many {things} does {A} have in the end?
        How many {things} does {he} have in all after that?
        """,
    ),
    pattern(
        "shares", "held|has > end", "x = x / n : {things} for each friend",
        """
        {He} shares the {things} equally among {n} friends. How many {things} does each friend get?
        If {he} splits them equally among {n} children, how many {things} does each child get?
        {n} friends get equal shares of the {things}. How many {things} does each friend get?
        """,
        n=share_of("x"),
    ),
    pattern(
        "packs", "held|has > end", "x = x / n : {boxes}",
        """
        {He} packs them in {boxes} of {n}. How many {boxes} does {he} need?
        If {he} puts {n} {things} in each {box}, how many {boxes} can {he} fill?
        Each {box} has room for {n} {things}. How many {boxes} does {A} need for all of them?
        """,
        n=share_of("x", 2, 20),
    ),
    pattern(
        "packs-into", "held|has > end", "x = x / n : {things} in each {box}",
        """
        {He} packs them equally into {n} {boxes}. How many {things} are in each {box}?
        If {he} puts the same number of {things} into each of {n} {boxes}, how many {things} does each {box} hold?
        {He} fills {n} {boxes} with equal numbers of {things}. How many {things} does each {box} hold?
        """,
        n=share_of("x"),
    ),
    pattern(
        "wants", "held|has > end", "x = n - x : {things} missing",
        """
        {He} wants to have {n} {things}. How many more {things} does {he} need?
        How many more {things} does {he} need to have {n}?
        If {A} wants {n} {things} in all, how many more must {he} get?
        """,
        n=above("x"),
    ),
    pattern(
        "sells-all", "held|has > end", "x = x * p : dollars",
        """
        {He} sells all of them for ${p} each. How many dollars does {he} get?
        If {he} sells the {things} for ${p} each, how many dollars does {he} get?
        Then {he} sells all of {his} {things} at ${p} each. How many dollars does {A} make?
        """,
        p=price(1, 6),
    ),
    pattern(
        "more-than-friend", "held|has > end", "x = x - n : {things} more",
        """
        {D} has {n} {things}. How many more {things} does {A} have than {D}?
        How many more {things} does {A} have now than {D}, who has {n}?
        If {D} has {n} {things}, how many fewer {things} does {D} have than {A}?
        """,
        n=below("x", high=200),
    ),
    pattern(
        "friend-times", "held|has > end", "x = x * times : {D}'s {things}",
        """
        {D} has {times} as many {things} as {A} has now. How many {things} does {D} have?
        If {D} has {times} as many {things} as {A}, how many {things} does {D} have?
        How many {things} does {D} have if {D} has {times} as many as {A}?
        """,
        times=times(),
    ),
    pattern(
        "with-friend", "held|has > end", "x = x + n : {things} together",
        """
        {D} has {n} {things}. How many {things} do {A} and {D} have together?
        How many {things} do {A} and {D} have together if {D} has {n}?
        {D} owns {n} {things}. How many {things} do {A} and {D} own in all?
        """,
        n=between(3, 150),
    ),
    pattern(
        "weighs", "held|has > end", "x = x * n : grams",
        """
        Each {thing} weighs {n} grams. How many grams do {his} {things} weigh in all?
        If one {thing} weighs {n} grams, how many grams do all of them weigh together?
        How many grams do the {things} weigh together if each one weighs {n} grams?
        """,
        n=between(2, 40),
    ),
)  # fmt: skip
