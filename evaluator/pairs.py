"""Which of a problem's candidates are trained on, and which are compared with which."""

import random
from dataclasses import replace

from evaluator.data import Group

PAIRING_RULE = (
    "each problem's correct and incorrect candidates are shuffled by (seed, problem id); in round r correct candidate "
    "i meets incorrect candidate i + r, until there are enough pairs"
)


def chosen(group: Group, limit: int | None, *, seed: int) -> Group:
    """At most so many candidates: correct and incorrect ones by turns while there are both, drawn by (seed, id)."""
    if limit is None or len(group.candidates) <= limit:
        return group
    right, wrong = _shuffled(group, seed)
    num_right = min(len(right), max(limit - limit // 2, limit - len(wrong)))
    kept = {*right[:num_right], *wrong[: limit - num_right]}
    return replace(group, candidates=tuple(c for i, c in enumerate(group.candidates) if i in kept))


def pairs_of(group: Group, num_pairs: int, *, seed: int) -> list[tuple[int, int]]:
    """At most so many pairs of places of a correct and an incorrect candidate; see PAIRING_RULE.

    No pair comes twice, and each candidate is used about equally often.
    """
    right, wrong = _shuffled(group, seed)
    rounds = ((right[i], wrong[(i + r) % len(wrong)]) for r in range(len(wrong)) for i in range(len(right)))
    return [pair for pair, _ in zip(rounds, range(num_pairs), strict=False)]


def _shuffled(group: Group, seed: int) -> tuple[list[int], list[int]]:
    """Places of correct and of incorrect candidates, in an order of their own for each problem."""
    places = list(range(len(group.candidates)))
    random.Random(f"{seed}/{group.id}").shuffle(places)
    right = [i for i in places if group.candidates[i].is_correct]
    return right, [i for i in places if not group.candidates[i].is_correct]
