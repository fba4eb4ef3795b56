"""Equivalence and extraction on labelled real data, where it is there (QUORUM_TEST_DATA)."""

import json
import os
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from reasoning.answers import Grade, cluster, extract_answer, grade

DATA = os.environ.get("QUORUM_TEST_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="QUORUM_TEST_DATA is not set")


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(DATA or "") / "grading" / name).read_text().splitlines()]


def test_pairs() -> None:
    rows = [row for row in read("pairs.jsonl") if not row.get("contested")]
    grades = [grade(candidate=row["a"], expected=row["b"]) is Grade.EQUAL for row in rows]
    assert all(
        (grade(candidate=row["b"], expected=row["a"]) is Grade.EQUAL) is equal
        for row, equal in zip(rows, grades, strict=True)
    )
    right = sum(equal is row["equal"] for row, equal in zip(rows, grades, strict=True))
    false_positives = sum(equal and not row["equal"] for row, equal in zip(rows, grades, strict=True))
    assert right >= 0.98 * len(rows)
    assert false_positives <= 2


def test_grades_of_all_pairs_of_real_answers_are_one_clustering() -> None:
    """So equality is reflexive, symmetric and transitive on every triple of them."""
    answers = sorted({row[side] for row in read("pairs.jsonl") for side in "ab"})
    labels = cluster(answers)
    for (a, label_a), (b, label_b) in combinations(zip(answers, labels, strict=True), 2):
        assert (grade(candidate=a, expected=b) is Grade.EQUAL) is (label_a == label_b), (a, b)


def test_extraction() -> None:
    rows = read("extract.jsonl")
    right = 0
    for row in rows:
        found = extract_answer(row["text"])
        if row["expected"] is None or found is None:
            right += found is row["expected"]
        else:
            right += grade(candidate=found, expected=row["expected"]) is Grade.EQUAL
    assert right >= 0.97 * len(rows)


def largest(labels: list[int | None]) -> set[frozenset[int]]:
    """The largest clusters as sets of places; several where they tie."""
    sizes = Counter(label for label in labels if label is not None)
    winners = [label for label, size in sizes.items() if size == max(sizes.values())]
    return {frozenset(i for i, label in enumerate(labels) if label == winner) for winner in winners}


def test_clusters() -> None:
    together = together_right = truly_together = 0
    for row in read("cluster.jsonl"):
        labels, truth = cluster(row["answers"]), row["truth"]
        for i, j in combinations(range(len(truth)), 2):
            together += labels[i] == labels[j]
            truly_together += truth[i] == truth[j]
            together_right += labels[i] == labels[j] and truth[i] == truth[j]
        assert largest(labels) == largest(truth)
    assert together_right == together
    assert together_right >= 0.995 * truly_together
