"""The people of one story."""

import random
from collections.abc import Sequence

from reasoning.problems.arith.names import MEN, WOMEN
from reasoning.problems.arith.numbers import pick

Fields = dict[str, str]
_PRONOUNS = {
    True: {"he": "she", "He": "She", "his": "her", "His": "Her", "him": "her"},
    False: {"he": "he", "He": "He", "his": "his", "His": "His", "him": "him"},
}


def draw_people(rng: random.Random) -> Fields:
    """Names A to D, all different, and the pronouns of A (as for a man).

    B is a man where A is a woman and the other way round, so that a pronoun beside both names can only be A's.
    """
    is_woman = rng.random() < 0.5
    same, other = (WOMEN, MEN) if is_woman else (MEN, WOMEN)
    a, b = pick(rng, same), pick(rng, other)
    c, d = _another(rng, same, a), _another(rng, other, b)
    return {"A": a, "B": b, "C": c, "D": d, **_PRONOUNS[is_woman]}


def _another(rng: random.Random, names: Sequence[str], taken: str) -> str:
    name = pick(rng, names)
    while name == taken:
        name = pick(rng, names)
    return name
