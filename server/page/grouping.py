"""Why answers that are written differently were counted as one."""

import re
from collections import Counter
from collections.abc import Sequence

from reasoning.answers.canonical import canonical
from reasoning.answers.policy import Policy

_KINDS = {
    "date": "date",
    "f": "expression",
    "interval": "interval",
    "letter": "choice",
    "matrix": "matrix",
    "ratio": "ratio",
    "region": "set of numbers",
    "relation": "relation",
    "text": "words",
    "time": "time of day",
}
_VALUE = re.compile(r"[-0-9/.,() ]{1,60}")  # canonical forms that a reader knows; others hold digests and names


def written_forms(answers: Sequence[str]) -> list[tuple[str, int]]:
    """The ways in which an answer is written, and how often each; the most frequent first, then by first appearance."""
    return Counter(answers).most_common()


def reason(answers: Sequence[str], policy: Policy = Policy()) -> str:
    """One sentence on why these answers of one cluster are the same.

    Answers are compared by their canonical forms; the last resort, where those differ, was a computer algebra system.
    """
    forms = [form for form, _ in written_forms(answers)]
    if len(forms) == 1:
        return "All of them write it the same way."
    keys = [canonical(form, policy) for form in forms]
    if len({key.key for key in keys}) > 1:
        return f"Written in {len(forms)} ways, which a computer algebra system found equal."
    kind = keys[0].key.partition(":")[0]
    if kind == "own":
        return f"Written in {len(forms)} ways that differ in spacing alone."
    if _VALUE.fullmatch(kind):
        return f"Written in {len(forms)} ways, all of them equal to {kind}."
    return f"Written in {len(forms)} ways, all of them the same {_KINDS.get(kind, 'value')}."
