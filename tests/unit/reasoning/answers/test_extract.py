"""Extraction: the table of traps, the rules, and the labelled texts where they are at hand."""

import json
import os
from pathlib import Path

import pytest

from reasoning.answers import Grade, extract_answer, grade
from reasoning.answers.boxes import find_boxes
from reasoning.answers.delimiters import LONGEST_ANSWER
from reasoning.answers.tidying import tidy
from reasoning.answers.trailing import last_value
from reasoning.answers.turns import without_thinking
from reasoning.answers.values import read_value

TRAPS = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "golden" / "extraction.jsonl").read_text("utf-8").splitlines()
]
DATA = os.environ.get("QUORUM_TEST_DATA")


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap["why"])
def test_trap(trap: dict[str, str | None]) -> None:
    text = trap["text"]
    assert text is not None
    assert extract_answer(text) == trap["expected"]


def test_table_is_large_and_has_no_twins() -> None:
    assert len(TRAPS) >= 120
    assert len({trap["text"] for trap in TRAPS}) == len(TRAPS)


@pytest.mark.skipif(DATA is None, reason="QUORUM_TEST_DATA is not set")
def test_labelled_texts() -> None:
    rows = [json.loads(line) for line in Path(DATA or "", "grading", "extract.jsonl").read_text("utf-8").splitlines()]
    wrong = []
    for number, row in enumerate(rows):
        answer = extract_answer(row["text"])
        if row["expected"] is None:
            right = answer is None
        else:
            right = grade(candidate=answer, expected=row["expected"]) is Grade.EQUAL
        if not right:
            wrong.append((number, row["expected"], answer))
    assert len(wrong) <= 0.03 * len(rows), wrong


@pytest.mark.parametrize(
    "text",
    ["There are 12 ways.", "so $n = 4$", "Therefore, she has $18.", "1. Add 2 and 3: 5"],
)
def test_last_resort_can_be_switched_off(text: str) -> None:
    assert extract_answer(text) is not None
    assert extract_answer(text, last_number=False) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("\\boxed{5} 6", "5"),
        ("The answer is 5. Check: 6", "5"),
        ("#### 5\n6", "5"),
        ("A: 5", "5"),
        ("Final answer: Ann has 5.", "5"),
        ("答案是 5", "5"),
    ],
)
def test_explicit_answers_need_no_last_resort(text: str, answer: str) -> None:
    assert extract_answer(text, last_number=False) == answer


HOSTILE = {
    "open boxes": ("\\boxed{" * 14_000, None),
    "bare boxes": ("\\boxed " * 14_000, None),
    "nested boxes": ("\\boxed{" * 10_000 + "1" + "}" * 10_000, "1"),
    "nested braces": ("\\boxed{" + "{" * 10_000 + "1" + "}" * 10_000 + "}", "1"),
    "joined boxes": ("\\boxed{1}," * 10_000, "1"),
    "dollars": ("$" * 100_000, None),
    "hashes": ("#### " * 20_000, None),
    "digits": ("1" * 100_000, None),
    "digits behind a statement": ("The answer is " + "1" * 100_000, None),
    "statements of nothing": ("the answer is " * 7_000, None),
    "statements": ("The answer is 5. " * 6_000, "5"),
    "lines": ("A: 5\n" * 20_000, "5"),
    "bold": ("**5** " * 17_000, "5"),
    "braces behind a statement": ("The answer is " + "{" * 100_000, None),
    "space behind a statement": ("The answer is" + " " * 100_000 + "5", "5"),
    "line breaks": ("\n" * 100_000, None),
    "thinking": ("<think>5</think>" * 6_000, None),
    "chat tokens": ("<|im_start|>user" * 6_000, None),
    "questions": ("\n\nProblem: " * 9_000, None),
    "backslashes": ("\\" * 100_000, None),
    "equals": ("5=" * 50_000, "5"),
    "prices": ("$5 " * 33_000, "$5"),
    "open fractions": ("\\frac{" * 17_000, "\\frac"),
    "open roots": ("2\\sqrt{" * 14_000, "2"),
    "fractions and open braces": ("\\frac{1}{2} {" * 7_000, "2"),
    "words of markers": ("answer option 选 a: " * 5_000, None),
    "numbered answers": ("A1: 5\n" * 16_000, "5"),
    "groups": ("1" + ",111" * 25_000, None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text(name: str) -> None:
    text, answer = HOSTILE[name]
    assert extract_answer(text) == answer


def test_longest_answer() -> None:
    assert extract_answer("\\boxed{" + "1" * LONGEST_ANSWER + "}") == "1" * LONGEST_ANSWER
    assert extract_answer("\\boxed{" + "1" * (LONGEST_ANSWER + 1) + "}", last_number=False) is None


def test_boxes_that_a_sentence_joins_are_one() -> None:
    boxes = find_boxes(r"$\boxed{1}$. Later $\boxed{2}$ and $\boxed{3}$.")
    assert [box.contents for box in boxes] == [("1",), ("2", "3")]


def test_thinking_that_never_closes_hides_only_itself() -> None:
    assert without_thinking("a <think> b") == "a "
    assert without_thinking("a </think> b <think> c </think> d") == " d"
    assert without_thinking("no thinking") == "no thinking"


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("5 cm.", "5 cm"),
        ("5 bottles", "5"),
        ("50 square feet of grass", "50 square feet"),
        ("$28$ percent", "28%"),
        ("$2$ or $3$, since", "2 or 3"),
        ("\\begin{pmatrix}1 & 2\\\\3 & 4\\end{pmatrix} is", "\\begin{pmatrix}1 & 2\\\\3 & 4\\end{pmatrix}"),
        ("2\\sqrt{3} units", "2\\sqrt{3} units"),
        ("(since 2 + 3 = 5)", None),
        ("a cat", None),
        ("", None),
    ],
)
def test_read_value(text: str, content: str | None) -> None:
    value = read_value(text)
    assert (value.content if value else None) == content


@pytest.mark.parametrize(
    ("answer", "tidied"),
    [
        (" $5$. ", "5"),
        ("$2$ and $3$", "2 and 3"),
        ("$18", "$18"),
        ("5!", "5!"),
        ("0.333...", "0.333..."),
        ("\\textbf{(D)}\\ 24", "24"),
        ("(D)", "(D)"),
        ("**5**", "5"),
        ("\\[ 5 \\]", "5"),
        (".", None),
        ("", None),
    ],
)
def test_tidy(answer: str, tidied: str | None) -> None:
    assert tidy(answer) == tidied


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 * 75 = 525. Therefore, she saves $525 in 5 days.", "$525"),
        ("Therefore, she saves $525 in 5 days.", "5"),  # nothing says which: the last
        ("Therefore, she has 7.\n\nShe began with 3.", "7"),
        ("So she has 7.\n\nThen she finds 3.", "3"),  # "so" introduces steps, too
        ("Step 3 is done", None),
    ],
)
def test_last_value(text: str, value: str | None) -> None:
    assert last_value(text) == value
