"""What the page is told of a solve: marks, reasons, strategies."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reasoning.answers import extract_answer
from rerank.page.mathml import Formulas
from rerank.strategies import STRATEGIES
from server.engine.batching import Work
from server.engine.tasks import Parts
from server.page.explaining import MAX_FORMS, explain
from server.page.grouping import reason, written_forms
from server.page.marking import answer_span, marked_segments
from server.schemas.explain import ExplainRequest


def explained(**ask: Any) -> dict[str, Any]:
    checked = ExplainRequest.model_validate_json(json.dumps(ask)).model_dump()
    (event,) = explain(checked, Parts(Work(), None, None, None, ()))
    assert event[0] == "done"
    return event[1]


def candidates(*rows: tuple[str | None, float | None, int | None]) -> list[dict[str, Any]]:
    return [{"sample": i, "answer": a, "score": s, "cluster": c} for i, (a, s, c) in enumerate(rows)]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("3 + 2 = 5\n#### 5", "5"),
        (r"It is $\boxed{5}$, since 2 + 3 = 5.", r"\boxed{5}"),
        (r"\boxed{4}? No: \boxed{5}", r"\boxed{5}"),
        ("The answer is 5, as 15 - 10 = 5.", "5"),
        ("15 and 5.2 and 1.5, so there are 5 of them", "5"),
        ("After 5 days there are 5", "5"),
    ],
)
def test_the_answer_is_marked_where_it_was_read(text: str, marked: str) -> None:
    assert extract_answer(text) == "5"
    span = answer_span(text, "5")
    assert span is not None
    assert text[slice(*span)] == marked
    if marked == "5" and "because" not in text:
        assert not text[: span[0]].endswith(("1", "."))


def test_of_an_answer_that_is_repeated_the_stated_one_is_marked() -> None:
    text = "The answer is 5, as 15 - 10 = 5."
    assert answer_span(text, "5") == (14, 15)


@pytest.mark.parametrize(("text", "answer"), [("fifty", "50"), ("", "5"), ("5", ""), ("15", "5"), ("5.0", "5")])
def test_an_answer_that_is_not_there_is_not_marked(text: str, answer: str) -> None:
    assert answer_span(text, answer) is None
    assert marked_segments(text, answer, Formulas()) == Formulas().segments(text)


def test_a_formula_is_marked_whole() -> None:
    formulas = Formulas()
    segments = marked_segments(r"So $x=\frac{1}{2}$ is it, $y=3$ is not.", r"\frac{1}{2}", formulas)
    assert segments == ["So ", {"mark": [0]}, " is it, ", 1, " is not."]
    assert formulas.entries[0][0] == r"x=\frac{1}{2}"


@example("$$$5$$")
@given(
    st.lists(
        st.sampled_from([*"$\\{}() 5.,\n1", r"\boxed{5}", "#### 5", "The answer is ", "$x=5$", r"\(5\)"]), max_size=30
    ).map("".join)
)
def test_marking_loses_nothing(text: str) -> None:
    """Without the mark the segments are a text's own pieces, and the mark holds the answer, but for dollar signs, which
    a formula is drawn without."""
    answer = extract_answer(text)
    formulas = Formulas()
    segments = marked_segments(text, answer, formulas)
    flat: list[str | int] = []
    for segment in segments:
        flat += segment["mark"] if isinstance(segment, dict) else [segment]
    whole = "".join(s if isinstance(s, str) else formulas.entries[s][0] for s in flat)
    assert [c for c in whole if c in "51x"] == [c for c in text if c in "51x"]
    for segment in segments:
        if isinstance(segment, dict):
            assert answer is not None
            marked = "".join(s if isinstance(s, str) else formulas.entries[s][0] for s in segment["mark"])
            assert answer.replace("$", "") in marked.replace("$", "")


@pytest.mark.parametrize(
    "text", ["5 " * 16_000, r"\boxed{5}" * 3_500, "The answer is 5. " * 1_800, "$5$" * 10_000, r"\(" * 16_000], ids=len
)
def test_long_solutions_are_marked_once(text: str) -> None:
    segments = marked_segments(text, "5", Formulas())
    assert sum(isinstance(segment, dict) for segment in segments) == ("5" in text)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["5"], "All of them write it the same way."),
        (["5", "5"], "All of them write it the same way."),
        (["1/2", "0.5", r"\frac{1}{2}"], "Written in 3 ways, all of them equal to 1/2."),
        (["Tom", "tom"], "Written in 2 ways, all of them the same words."),
        (["A", "(A)"], "Written in 2 ways, all of them the same choice."),
        (["x+1", "1+x"], "Written in 2 ways, all of them the same expression."),
        (["(1,2)", "(1, 2)"], "Written in 2 ways, all of them equal to (1,2)."),
        ([r"\oint x", r"\oint  x"], "Written in 2 ways that differ in spacing alone."),
        ([r"\oint x", "5"], "Written in 2 ways, which a computer algebra system found equal."),
    ],
)
def test_reasons(answers: list[str], expected: str) -> None:
    assert reason(answers) == expected


def test_written_forms_are_counted() -> None:
    assert written_forms(["a", "b", "b", "a", "c"]) == [("a", 2), ("b", 2), ("c", 1)]


def test_strategies_choose_as_they_do_elsewhere() -> None:
    """The vote takes 1, the best score 2; the first sample has no answer."""
    told = explained(
        candidates=candidates((None, None, None), ("1", 0.4, 0), ("1.0", 0.3, 0), ("2", 0.6, 1)), k=1, top_n=1
    )
    chosen = {row["name"]: row["sample"] for row in told["strategies"]}
    assert list(chosen) == list(STRATEGIES)
    assert chosen == {
        "first": None, "maj1": 1, "rr.all": 3, "rr.majk": 1, "w.rr": 1, "w.rr.majk": 1, "maj1.topn": 3,
    }  # fmt: skip
    assert [row["label"] for row in told["strategies"]][3:7:3] == ["RR.Maj1", "Maj1.Top1"]
    assert [(group["cluster"], group["num_forms"]) for group in told["clusters"]] == [(0, 2), (1, 1)]


def test_without_scores_only_the_votes_choose() -> None:
    told = explained(candidates=candidates(("1", None, 0), ("2", None, 1)))
    assert [row["name"] for row in told["strategies"] if row["sample"] is not None] == ["first", "maj1"]


def test_of_many_forms_the_first_are_listed() -> None:
    told = explained(
        candidates=candidates(
            *((f"{i}.{'0' * i}", None, i) for i in range(2)), *((f"7.{'0' * i}", None, 9) for i in range(20))
        )
    )
    group = next(group for group in told["clusters"] if group["cluster"] == 9)
    assert (len(group["forms"]), group["num_forms"]) == (MAX_FORMS, 20)


def test_each_part_may_be_left_out() -> None:
    assert explained() == {"question": [], "clusters": [], "strategies": [], "texts": [], "formulas": []}
    told = explained(question="Is $x^2$ 4?", texts=[{"sample": 3, "generation": "#### 2", "answer": "2"}])
    assert told["question"] == ["Is ", 0, " 4?"]
    assert told["texts"] == [{"sample": 3, "segments": ["#### ", {"mark": ["2"]}]}]


@pytest.mark.parametrize(
    "ask",
    [
        {"candidates": candidates(("1", None, None))},
        {"candidates": candidates((None, None, 1))},
        {"candidates": candidates(("1", 1.5, 0))},
        {"candidates": [*candidates(("1", None, 0)), *candidates(("1", None, 0))]},
        {"texts": [{"sample": 0, "generation": "x" * 32_001, "answer": None}]},
        {"question": "x" * 8_001},
        {"more": 1},
    ],
)
def test_requests_that_are_refused(ask: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ExplainRequest.model_validate_json(json.dumps(ask))
