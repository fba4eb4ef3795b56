"""When two answers are the same: one canonical form an answer, so one equivalence relation.

Every answer has a key that depends on its own text and the policy alone, and two answers are equal when their keys
are. That makes equivalence reflexive, symmetric and transitive whatever the keys are. Answers that the grammar does
not cover go, one at a time, to a computer algebra system in a worker process, which may rewrite them into the grammar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from reasoning.answers.canonical import Canonical, canonical
from reasoning.answers.cleaning import clean
from reasoning.answers.policy import Policy
from reasoning.answers.symbolic import rewrite

MAX_SYMBOLIC = 2_000  # characters


class Grade(Enum):
    """The outcome of comparing a candidate's answer with the expected one."""

    EQUAL = "equal"
    UNEQUAL = "unequal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The answers of one problem, grouped by equivalence.

    Attributes:
        labels: a cluster number per answer, numbered by first appearance; None for no answer.
        correct: the cluster that equals the expected answer; None if none does or none is known.
        num_unknown: answers whose equality with the expected answer could not be decided (counted unequal).
    """

    labels: tuple[int | None, ...]
    correct: int | None
    num_unknown: int


def grade(*, candidate: str | None, expected: str, policy: Policy = Policy()) -> Grade:
    """Compare one answer with the expected one.

    None, no answer, is UNEQUAL to everything. UNKNOWN means that one of the two is mathematics that neither the
    grammar nor the computer algebra system understood in time; count it as unequal, and count it.
    """
    if candidate is None:
        return Grade.UNEQUAL
    if candidate == expected:
        return Grade.EQUAL
    a, b = canonical(candidate, policy), canonical(expected, policy)
    if a.key != b.key and not (a.decided and b.decided):
        a, b = _settled(candidate, a, policy), _settled(expected, b, policy)
    if a.key == b.key:
        return Grade.EQUAL
    return Grade.UNEQUAL if a.decided and b.decided else Grade.UNKNOWN


def cluster(answers: Sequence[str | None], *, policy: Policy = Policy()) -> list[int | None]:
    """Number the clusters of equivalent answers by first appearance; None stays None."""
    return list(group(answers, policy=policy).labels)


def group(answers: Sequence[str | None], *, expected: str | None = None, policy: Policy = Policy()) -> Grouping:
    """Cluster the answers of one problem and find the cluster that equals the expected answer."""
    distinct = {answer: canonical(answer, policy) for answer in dict.fromkeys(answers) if answer is not None}
    reference = None if expected is None else canonical(expected, policy)
    keys = {form.key for form in distinct.values()} | ({reference.key} if reference else set())
    if len(keys) > 1:
        distinct = {answer: _settled(answer, form, policy) for answer, form in distinct.items()}
        reference = reference and _settled(expected or "", reference, policy)
    numbers: dict[str, int] = {}
    labels = tuple(
        None if answer is None else numbers.setdefault(distinct[answer].key, len(numbers)) for answer in answers
    )
    correct = numbers.get(reference.key) if reference else None
    return Grouping(labels, correct, _count_unknown(answers, distinct, reference))


def _count_unknown(answers: Sequence[str | None], forms: dict[str, Canonical], reference: Canonical | None) -> int:
    if reference is None:
        return 0
    return sum(
        forms[answer].key != reference.key and not (forms[answer].decided and reference.decided)
        for answer in answers
        if answer is not None
    )


def _settled(text: str, form: Canonical, policy: Policy) -> Canonical:
    return form if form.decided or form.hopeless or len(text) > MAX_SYMBOLIC else _rewritten(text, form, policy)


@lru_cache(maxsize=16_384)
def _rewritten(text: str, form: Canonical, policy: Policy) -> Canonical:
    """The canonical form of the computer algebra system's rewriting; the given form where it has none."""
    plain = rewrite(clean(text))  # as the key is, from the cleaned text
    if plain is None:
        return form
    settled = canonical(plain, policy)
    return settled if settled.decided else form
