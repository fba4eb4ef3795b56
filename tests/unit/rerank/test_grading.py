"""Rows to graded problems."""

import math
import os
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.answers.policy import Policy
from reasoning.errors import InputError, QuorumError
from reasoning.formats.rows import Row
from rerank.batch import PENDING_PER_WORKER, Pool
from rerank.caveats import caveats
from rerank.estimators import estimate
from rerank.grading import Graded, grade_rows
from rerank.selections import selection_rows


def row(problem: str, sample: int, answer: str | None = "1", **fields: Any) -> Row:
    return Row(
        id=problem,
        sample=sample,
        problem=f"Question {problem}?",
        **{"expected_answer": "1", "predicted_answer": answer, **fields},
    )


def grade(rows: Sequence[Row], **options: Any) -> Graded:
    return grade_rows(rows, workers=1, **options)


def test_groups_grades_and_sorts_by_sample() -> None:
    graded = grade([row("a", 2, "2"), row("a", 0, "7"), row("a", 1, None), row("a", 3, "2.0")], need_expected=True)
    (problem,) = graded.problems
    assert [c.sample for c in problem.candidates] == [0, 1, 2, 3]
    assert problem.labels == (0, None, 1, 1)
    assert problem.correct is None
    assert grade([row("a", 0, "2"), row("a", 1, "1.0")]).problems[0].correct == 1


def test_problems_come_by_id_with_numbers_as_numbers() -> None:
    graded = grade([row("p10", 0), row("p2", 0), row("q1", 0), row("p2a", 0)])
    assert [p.problem.id for p in graded.problems] == ["p2", "p2a", "p10", "q1"]


def test_extracts_only_where_no_answer_is_given() -> None:
    text = r"So it is \boxed{1}."
    rows = [
        Row(id="a", sample=0, expected_answer="1", generation=text),
        Row(id="a", sample=1, expected_answer="1", generation=text, predicted_answer="5"),
        Row(id="a", sample=2, expected_answer="1", generation=text, predicted_answer=None),
        Row(id="a", sample=3, expected_answer="1", generation=text, predicted_answer=" "),
    ]
    assert [c.answer for c in grade(rows).problems[0].candidates] == ["1", "5", None, None]
    assert [c.answer for c in grade(rows, re_extract=True).problems[0].candidates] == ["1"] * 4


def test_the_last_number_can_be_switched_off() -> None:
    rows = [Row(id="a", sample=0, expected_answer="4", generation="That makes 4 apples")]
    assert grade(rows).problems[0].candidates[0].answer == "4"
    assert grade(rows, last_number=False).problems[0].candidates[0].answer is None


def test_the_policy_decides_what_is_equal() -> None:
    rows = [row("a", 0, "50%", expected_answer="0.5")]
    assert grade(rows).problems[0].correct is None
    assert grade(rows, policy=Policy(percent="fraction")).problems[0].correct == 0


def test_text_and_expected_answer_may_stand_in_any_row() -> None:
    rows = [
        Row(id="a", sample=0, predicted_answer="1"),
        Row(id="a", sample=1, predicted_answer="1", problem="Why?", expected_answer="1"),
    ]
    problem = grade(rows).problems[0]
    assert (problem.problem.text, problem.problem.expected_answer, problem.correct) == ("Why?", "1", 0)


def test_without_expected_answers() -> None:
    rows = [row("a", 0), row("b", 0, expected_answer=None), row("c", 0, expected_answer=None)]
    with pytest.raises(
        InputError,
        match=r'none for 2 of 3, the first "b"; .* --skip-unlabelled, add the field .* `symbolic_correct`.* `quorum',
    ):
        grade(rows)
    assert [p.correct for p in grade(rows, need_expected=False).problems] == [0, None, None]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (
            row("a", 1, expected_answer="2"),
            'expected one expected_answer for problem "a", found "1" and, at sample 1, "2"',
        ),
        (Row(id="a", sample=1, problem="Another?"), 'expected one text for problem "a", found two: "Question a'),
        (row("a", 0, "3"), r'expected one row for each \(id, sample\), found two for \("a", 0\)'),
    ],
    ids=["expected", "text", "key"],
)
def test_rows_that_disagree_are_refused(second: Row, message: str) -> None:
    with pytest.raises(InputError, match=message):
        grade([row("a", 0), second])


def test_problems_that_nothing_labels_can_be_left_out() -> None:
    rows = [
        row("a", 0),
        row("b", 0, expected_answer=None, symbolic_correct=False),
        row("c", 0, expected_answer=None, reward_model_score=math.nan),
    ]
    graded = grade(rows, skip_unlabelled=True)
    assert [p.problem.id for p in graded.problems] == ["a", "b"]
    assert (graded.num_unlabelled, graded.num_nan_scores) == (1, 0)
    assert any(w.endswith("nor a `symbolic_correct`: 1.") for w in caveats(graded, 1))
    assert grade(rows[:2], skip_unlabelled=True).num_unlabelled == 0
    with pytest.raises(InputError, match="none for 1 of 1, the first"):
        grade(rows[2:], skip_unlabelled=True)


def test_a_message_shows_the_start_of_a_long_id_and_no_escape_sequence() -> None:
    name = "\x1b[2J" + "x" * 5000
    one, other = (row(name, sample, expected_answer="9" * 5000 + str(sample)) for sample in range(2))
    unrun = Row(id=name, sample=0, generation="1", language="python")
    for rows in ([one, other], [one, one], [row(name, 0, expected_answer=None)], [unrun]):
        with pytest.raises(InputError) as caught:
            grade(rows)
        assert len(str(caught.value)) < 500
        assert str(caught.value).isprintable()


def test_scores_that_are_all_nan_are_named() -> None:
    graded = grade([row("a", 0, reward_model_score=math.nan), row("a", 1, reward_model_score=math.nan)])
    assert any(w.startswith("All scores in these files are NaN (2)") for w in caveats(graded, 2))
    assert caveats(grade([row("a", 0), row("a", 1)]), 2) == []
    with pytest.raises(InputError, match="found only NaN as `reward_model_score`"):
        list(selection_rows(graded.problems, strategy="w.rr", k=8, top_n=8, policy=Policy()))


def test_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="expected at least one row, found none"):
        grade([])


def test_a_nan_score_is_missing_and_counted() -> None:
    graded = grade([row("a", 0, reward_model_score=math.nan), row("a", 1, reward_model_score=0.5), row("a", 2)])
    assert [c.score for c in graded.problems[0].candidates] == [None, 0.5, None]
    assert graded.num_nan_scores == 1
    assert graded.has_scores


def test_gradings_of_the_tool_are_counted_not_trusted() -> None:
    rows = [
        row("a", 0, "1", symbolic_correct=False),
        row("a", 1, "1", symbolic_correct=True),
        row("a", 2, "2", symbolic_correct=None),
        row("b", 0, "1", symbolic_correct=True, expected_answer=None),
    ]
    graded = grade(rows, need_expected=False)
    assert (graded.num_claims, graded.num_disagreements) == (2, 1)
    assert graded.problems[0].correct == 0


def test_texts_are_kept_up_to_the_budget_in_the_order_of_rows() -> None:
    rows = [row("a", i, generation="é" * 4) for i in (2, 0, 1)]  # 8 bytes each
    graded = grade(rows, page_bytes=16)
    assert [c.generation for c in graded.problems[0].candidates] == ["éééé", "", "éééé"]
    assert graded.num_dropped_texts == 1


def test_the_greedy_sample_does_not_vote() -> None:
    rows = [
        row("a", 0, "2", temperature=0.7),
        row("a", 1, "1", temperature=0.0),
        row("a", 2, "2", temperature=0.7),
        row("b", 0, "1", temperature=0.7),
        row("b", 1, "2", temperature=0.0),
    ]
    graded = grade(rows)
    assert graded.greedy == (True, False)
    assert graded.num_greedy_kept == 0
    a = graded.problems[0]
    assert [c.sample for c in a.candidates] == [0, 2]
    assert a.labels == (0, 0)
    assert a.correct is None  # only the greedy sample was in that cluster


def test_greedy_samples_of_some_problems_vote() -> None:
    rows = [
        row("a", 0, "1", temperature=0.0),
        row("a", 1, "2", temperature=0.7),
        row("b", 0, "1", temperature=0.7),
    ]
    graded = grade(rows)
    assert graded.greedy == (None, None)
    assert graded.num_greedy_kept == 1
    assert [c.sample for c in graded.problems[0].candidates] == [0, 1]
    assert (graded.problems[0].labels, graded.problems[0].correct) == ((0, 1), 0)
    assert any("beside samples drawn at another): 1 of 2." in w for w in caveats(graded, 1))


def test_programs_are_refused_until_they_have_been_run() -> None:
    program = {"generation": "n0 = 3\nanswer = n0 + 4", "language": "python"}
    unrun = Row(id="a", sample=0, expected_answer="7", **program)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r'expected solution texts, found a program .* \("a", 0\); run the programs'):
        grade([unrun])
    run = row("a", 0, "7", expected_answer="7", **program)
    assert grade([run]).problems[0].correct == 0
    with pytest.raises(InputError, match="leave out --re-extract"):
        grade([run], re_extract=True)


def test_without_a_reference_the_files_own_gradings_stand_in() -> None:
    """Cluster 7: all labels say correct. Cluster 8: mixed. Cluster 9: none."""
    answers = [("7", True), ("7", None), ("8", True), ("8", False), ("8", False), ("9", None), (None, True)]
    rows = [row("a", i, a, expected_answer=None, symbolic_correct=c) for i, (a, c) in enumerate(answers)]
    graded = grade([*rows, row("b", 0, "5", expected_answer=None, symbolic_correct=False), row("c", 0)])
    a, b, c = graded.problems
    assert (a.correct, a.is_graded, a.by_labels) == (0, True, True)
    assert (b.correct, b.is_graded) == (None, True)
    assert (c.correct, c.by_labels) == (0, False)
    assert graded.num_claims == 0
    assert [e.values.tolist() for e in estimate(graded.problems) if (e.name, e.n) == ("pass", 1)] == [
        pytest.approx([2 / 7, 0, 1])
    ]
    (warning,) = [w for w in caveats(graded, 1) if "symbolic_correct" in w]
    assert warning.startswith("Problems without an expected answer: 2 of 3.")
    assert "Clusters called correct in some rows and incorrect in others, which count as wrong: 1." in warning
    assert "Clusters without a label, which count as wrong: 1." in warning


def test_of_two_clusters_called_correct_the_larger_is() -> None:
    rows = [row("a", i, a, expected_answer=None, symbolic_correct=True) for i, a in enumerate(["3", "x y", "x y"])]
    graded = grade(rows)
    assert graded.problems[0].correct == 1
    assert graded.labelled["a"].num_other_correct == 1


def test_a_limit_takes_the_first_problems_of_the_rows() -> None:
    rows = [row("b", 0), row("a", 0), row("c", 0), row("b", 1)]
    assert [(p.problem.id, len(p.candidates)) for p in grade(rows, limit=2).problems] == [("a", 1), ("b", 2)]


def test_ids_with_other_digits_have_an_order_too() -> None:
    rows = [row("q٤", 0), row("q٣", 0), row("q1", 0)]
    assert [p.problem.id for p in grade(rows).problems] == ["q1", "q٣", "q٤"]
    long = [f"q{'1' * 18}{end}" for end in ("2", "02")]
    assert grade([row(i, 0) for i in long]) == grade([row(i, 0) for i in reversed(long)])


def test_samples_all_drawn_at_temperature_0_are_samples() -> None:
    graded = grade([row("a", i, temperature=0.0) for i in range(3)])
    assert graded.greedy == (None,)
    assert len(graded.problems[0].candidates) == 3


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["1", "1.0", "2", "1/2", "0.5", None])), max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_changes_nothing(drawn: list[tuple[int, str | None]], shuffler: random.Random) -> None:
    rows = [row("z", 0)] + [row(f"p{problem}", i, answer) for i, (problem, answer) in enumerate(drawn)]
    shuffled = rows.copy()
    shuffler.shuffle(shuffled)
    assert grade(shuffled) == grade(rows)


def test_the_number_of_workers_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rerank.grading.ALONE_S", 0.0)
    rows = [
        Row(id=f"p{i}", sample=sample, expected_answer="3", generation=f"The answer is {(i + sample) % 5}.")
        for i in range(220)
        for sample in range(6)
    ]
    alone = grade_rows(rows, workers=1)
    assert grade_rows(rows, workers=2) == alone
    assert {p.correct is None for p in alone.problems} == {False}


def test_a_worker_that_dies_is_an_error_with_a_remedy() -> None:
    with Pool(2) as pool, pytest.raises(QuorumError, match=r"a worker process died, .*--workers 1"):
        list(pool.map(os._exit, [1]))


def test_a_pool_reads_a_stream_only_a_little_ahead() -> None:
    taken = 0

    def stream() -> Iterator[int]:
        nonlocal taken
        for taken in range(1, 1000):
            yield -taken

    with Pool(2) as pool:
        results = pool.map(abs, stream())
        assert next(results) == 1
        assert taken <= 2 * PENDING_PER_WORKER + 1
        assert next(results) == 2
