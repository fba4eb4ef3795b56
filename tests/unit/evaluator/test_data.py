"""Graded samples: what is read, merged, paired and refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.data import (
    Group,
    Sampled,
    balance_of,
    read_groups,
    refuse_leaks,
)
from evaluator.pairs import chosen, pairs_of
from reasoning.errors import InputError, RowError


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(sample: int, generation: str, **fields: Any) -> dict[str, Any]:
    return {"id": "a", "sample": sample, "problem": "1 + 1?", "generation": generation, **fields}


def group_of(num_right: int, num_wrong: int, *, id_: str = "a") -> Group:
    right = [Sampled(f"right {i}", True) for i in range(num_right)]
    return Group(id_, "1 + 1?", (*right, *(Sampled(f"wrong {i}", False) for i in range(num_wrong))))


def test_equal_texts_are_one_candidate(tmp_path: Path) -> None:
    path = write(
        tmp_path / "samples.jsonl",
        row(0, "#### 2", symbolic_correct=True),
        row(1, "#### 3", symbolic_correct=False),
        row(2, "#### 2", symbolic_correct=True),
        row(3, "", finish_reason="error", symbolic_correct=False),
    )
    (group,) = read_groups([path])
    assert group.candidates == (Sampled("#### 2", True, 2), Sampled("#### 3", False, 1))
    balance = balance_of([group])
    assert (balance.num_samples, balance.num_distinct, balance.num_correct, balance.num_mixed) == (3, 2, 2, 1)


def test_rows_without_a_grading_are_graded(tmp_path: Path) -> None:
    path = write(
        tmp_path / "samples.jsonl",
        row(0, "so #### 2.0", expected_answer="2"),
        row(1, "#### 3", expected_answer="2"),
        row(2, "no number", expected_answer="2"),
        row(3, "#### 2", expected_answer="2", predicted_answer=None),
    )
    assert [c.is_correct for c in read_groups([path])[0].candidates] == [True, False, False, False]


def test_a_row_that_cannot_be_graded(tmp_path: Path) -> None:
    path = write(tmp_path / "samples.jsonl", row(0, "#### 2"))
    with pytest.raises(InputError, match="found neither in"):
        read_groups([path])


def test_one_text_graded_in_two_ways(tmp_path: Path) -> None:
    path = write(
        tmp_path / "samples.jsonl", row(0, "#### 2", symbolic_correct=True), row(1, "#### 2", symbolic_correct=False)
    )
    with pytest.raises(InputError, match="expected one grading for one text"):
        read_groups([path])


def test_labelled_rows(tmp_path: Path) -> None:
    labelled = write(
        tmp_path / "labelled.jsonl",
        {"prompt": "1 + 1?", "completion": "2", "label": True},
        {"prompt": "1 + 1?", "completion": "3", "label": 0},
    )
    pairs = write(tmp_path / "pairs.jsonl", {"prompt": "1 + 1?", "chosen": "it is 2", "rejected": "3"})
    (group,) = read_groups([labelled, pairs])
    assert group.problem == "1 + 1?"
    assert group.candidates == (Sampled("2", True), Sampled("3", False, 2), Sampled("it is 2", True))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"prompt": "?", "completion": "2", "label": "yes"}, "expected `label`"),
        ({"prompt": "?", "completion": "2"}, "expected `label`"),
        ({"prompt": "?", "chosen": "2"}, "expected the field `rejected`"),
        ({"prompt": 3, "chosen": "2", "rejected": "1"}, "expected the field `prompt`"),
    ],
)
def test_labelled_rows_that_are_wrong(bad: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(RowError, match=message):
        read_groups([write(tmp_path / "labelled.jsonl", bad)])


def test_step_labels_are_one_a_line(tmp_path: Path) -> None:
    text = "1 + 1 = 2\n\n#### 2"
    good = write(tmp_path / "good.jsonl", row(0, text, symbolic_correct=True, step_correct=[True, True]))
    assert read_groups([good])[0].candidates[0].steps == (True, True)
    bad = write(tmp_path / "bad.jsonl", row(0, text, symbolic_correct=True, step_correct=[True]))
    with pytest.raises(InputError, match="each of the 2 lines"):
        read_groups([bad])


def test_pairs_use_all_candidates_about_equally() -> None:
    pairs = pairs_of(group_of(5, 20), 10, seed=0)
    assert len(set(pairs)) == 10
    assert all(right < 5 <= wrong for right, wrong in pairs)
    assert all(sum(right == i for right, _ in pairs) == 2 for i in range(5))


def test_pairs_do_not_repeat() -> None:
    assert sorted(pairs_of(group_of(2, 3), 10, seed=0)) == [(r, w) for r in (0, 1) for w in (2, 3, 4)]
    assert pairs_of(group_of(2, 0), 10, seed=0) == []


def test_pairs_follow_from_seed_and_id() -> None:
    pairs = pairs_of(group_of(8, 8), 10, seed=0)
    assert pairs_of(group_of(8, 8), 10, seed=0) == pairs
    assert pairs_of(group_of(8, 8), 10, seed=1) != pairs
    assert pairs_of(group_of(8, 8, id_="b"), 10, seed=0) != pairs


@pytest.mark.parametrize(
    ("num_right", "num_wrong", "kept_right", "kept_wrong"),
    [(10, 10, 4, 4), (2, 10, 2, 6), (10, 1, 7, 1), (3, 4, 3, 4), (0, 20, 0, 8)],
)
def test_chosen_is_balanced_where_it_can_be(num_right: int, num_wrong: int, kept_right: int, kept_wrong: int) -> None:
    kept = chosen(group_of(num_right, num_wrong), 8, seed=0).candidates
    assert sum(c.is_correct for c in kept) == kept_right
    assert sum(not c.is_correct for c in kept) == kept_wrong


def test_problems_of_the_test_are_refused(tmp_path: Path) -> None:
    tested = write(tmp_path / "test.jsonl", {"id": "t-1", "problem": "1 + 1 ?", "expected_answer": "2"})
    refuse_leaks([Group("b", "2 + 2?", ())], [tested], name="samples.jsonl")
    with pytest.raises(InputError, match=r"no problem of .*test.jsonl in samples.jsonl, found 1 \(a is t-1\)"):
        refuse_leaks([group_of(1, 1)], [tested], name="samples.jsonl")
