"""The file's own gradings in place of a reference: which cluster the rows of a problem call correct."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Labelled:
    """What `symbolic_correct` says about the clusters of one problem.

    Attributes:
        correct: the cluster whose labelled rows are all correct, the largest of several; None if none is.
        num_mixed: clusters with both labels: one of the two gradings is wrong, so they count as wrong.
        num_unlabelled: clusters without a label, which count as wrong.
        num_other_correct: further clusters with correct labels only, which count as wrong since one answer
            is; most are another spelling of it that was not recognised.
    """

    correct: int | None
    num_mixed: int = 0
    num_unlabelled: int = 0
    num_other_correct: int = 0


def labelled(labels: Sequence[int | None], claims: Sequence[bool | None]) -> Labelled:
    """Find the correct cluster of a problem without a reference.

    The clusters themselves stay as they are: answers are not merged because the file calls both correct,
    for a vote that knew this would know the solution.

    Args:
        labels: cluster per sample; None for no answer.
        claims: `symbolic_correct` per sample; None where the row has none.
    """
    of_cluster: dict[int, list[bool | None]] = {}
    for label, claim in zip(labels, claims, strict=True):
        if label is not None:
            of_cluster.setdefault(label, []).append(claim)
    given = {label: {c for c in found if c is not None} for label, found in of_cluster.items()}
    correct = [label for label, found in given.items() if found == {True}]
    return Labelled(
        correct=max(correct, key=lambda label: (len(of_cluster[label]), -label), default=None),
        num_mixed=sum(len(found) == 2 for found in given.values()),
        num_unlabelled=sum(not found for found in given.values()),
        num_other_correct=max(0, len(correct) - 1),
    )


def label_warnings(found: Mapping[str, Labelled], num_problems: int) -> list[str]:
    """What a reader must know of problems graded by their labels; nothing where there are none."""
    if not found:
        return []
    text = (
        f"Problems without an expected answer: {len(found)} of {num_problems}. Their grades are the file's own "
        "`symbolic_correct`, not made here."
    )
    for number, kind in (
        (sum(one.num_mixed for one in found.values()), "called correct in some rows and incorrect in others"),
        (sum(one.num_unlabelled for one in found.values()), "without a label"),
        (sum(one.num_other_correct for one in found.values()), "called correct beside a larger one that is too"),
    ):
        if number:
            text += f" Clusters {kind}, which count as wrong: {number}."
    return [text]
