"""Laws of extraction that hold for every text."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reasoning.answers import extract_answer
from reasoning.answers.delimiters import LONGEST_ANSWER
from reasoning.answers.markers import _MARKER, _OTHER_CASES, Marker, find_markers
from reasoning.answers.tidying import tidy

_PIECES = st.sampled_from(
    [
        "\\boxed{", "}", "{", "\\boxed ", "$", "$$", "\\(", "\\)", "\\[", "\\]", "#### ",
        "The answer is ", "Answer:", "final answer", " is the answer", "A: ", "\n", "\n\n", " ", ".",
        ",", " and ", "5", "12.5", "1,234", "x", "=", "-", "\\frac{1}{2}", "%", "<think>", "</think>",
        "Question: ", "<|im_start|>user", "**", "Therefore, ", "apples", "答案是", "<answer>", "</answer>",
        "(C)", "\\text{", "\\", "\x08oxed{", "not ", "if ", "<<", ">>",
    ]
)  # fmt: skip
_TEXTS = st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=40).map("".join))
_BALANCED = st.recursive(
    st.text(alphabet="0123456789abxyz+-*/=(), ", max_size=12),
    lambda inner: st.one_of(inner.map(lambda s: "{" + s + "}"), st.tuples(inner, inner).map("".join)),
    max_leaves=6,
)
_NUMBERS = st.integers(min_value=-(10**12), max_value=10**12).map(str)
_NO_VALUE = st.text(alphabet="bcdfghjlmopqrtuvwyz ,;!?\n", max_size=200)
_ANSWERED = st.tuples(
    st.sampled_from(
        [
            "So \\boxed{%s}.",
            "The answer is %s.",
            "#### %s",
            "Final answer: %s",
            "Work.\nA: %s",
            "Answer: $%s$",
        ]
    ),
    _NUMBERS,
).map(lambda pair: pair[0] % pair[1])
_QUESTIONS = st.sampled_from(
    [
        "\n\nQuestion: Tom has 9 pens and buys 4. How many? The answer is 13.",
        "\n\nProblem:\nWhat is 2 + 2?\n\nSolution: \\boxed{4}",
        "\nQ: How many?\nA: 77",
        "<|im_start|>user\nThanks. And 5 + 5?",
        "<|im_end|>\n<|im_start|>user\n\\boxed{10}",
        "\nHuman: no\nAssistant: The final answer is 3.",
        "\n\n### Question\n\nCount to 3.\n#### 3",
    ]
)


_ANNOUNCING = st.sampled_from(
    [
        "answer", "Answers ", "FINAL ", "final\n", "correct ", "overall  numerical ", "right ", "option ",
        "choice (A) ", "solution", "solutions ", "roots ", "Ans", "ans. ", " is", " are ", " the ", "our ",
        "my ", "desired ", " of ", "(in cm) ", ": ", ":", "=", " = ", "$", "5", "\\(", "####", "#", "\n", "  ",
        "**", "A", "A:", "**A**:", "<", ">", "1. ", "la ", "réponse ", "respuesta ", "est ", "die Antwort ",
        "lautet", "最终", "最后", "答案", "应该是", "是", "：", "故", "综上，", "所以", "选", "ответ", "ОТВЕТ:",
        "答えは", "정답은", "İ", "ı", "ſ", "anſwer", "ᲂтвет", "K", "not ", "x", " ", ".",
    ]
)  # fmt: skip


@given(st.lists(_ANNOUNCING, max_size=30).map("".join))
def test_markers_are_those_of_a_search_at_every_character(text: str) -> None:
    searched = [Marker(m.start(), m.end(), m.lastgroup or "") for m in _MARKER.finditer(text)]
    assert find_markers(text) == searched


def test_small_letters_are_those_that_patterns_take_for_equal() -> None:
    """The search for markers in small letters misses none that IGNORECASE would have found, and moves none."""
    letters = "abcdefghijklmnopqrstuvwxyzéответ"
    pattern = re.compile(f"(?i:[{letters}])")
    for character in map(chr, range(0x110000)):
        small = character.translate(_OTHER_CASES).lower()
        assert len(small) == 1
        assert (pattern.match(character) is None) or small in f"{letters}k"


@given(_TEXTS)
def test_gives_a_tidy_answer_or_none(text: str) -> None:
    for last_number in (True, False):
        answer = extract_answer(text, last_number=last_number)
        assert answer is None or (0 < len(answer) <= LONGEST_ANSWER and tidy(answer) == answer)


@given(_TEXTS)
def test_the_last_resort_never_replaces_an_explicit_answer(text: str) -> None:
    explicit = extract_answer(text, last_number=False)
    assert explicit is None or extract_answer(text) == explicit


@given(_BALANCED.filter(lambda a: any(c.isalnum() for c in a) and "$" not in a))
def test_a_box_gives_what_it_holds(answer: str) -> None:
    assert extract_answer("\\boxed{" + answer + "}") == tidy(answer)


@given(_TEXTS)
def test_boxing_an_extracted_answer_changes_nothing(text: str) -> None:
    answer = extract_answer(text)
    if answer is not None and answer.isalnum():
        assert extract_answer(f"{text}</think>\\boxed{{{answer}}}") == answer


@given(_NO_VALUE)
def test_without_numbers_mathematics_or_statements_there_is_none(text: str) -> None:
    assert extract_answer(text) is None


@given(_ANSWERED, _QUESTIONS)
def test_an_invented_question_changes_nothing(solution: str, question: str) -> None:
    assert extract_answer(solution + question) == extract_answer(solution)


@given(st.text(max_size=200).filter(lambda t: "think" not in t), _ANSWERED)
def test_thinking_changes_nothing(thoughts: str, solution: str) -> None:
    assert extract_answer(f"<think>{thoughts}</think>\n{solution}") == extract_answer(solution)
    assert extract_answer(f"<think>{thoughts}\n{solution}") is None


@given(st.text(max_size=100).filter(lambda t: "think" not in t and "<" not in t), _NUMBERS)
def test_the_last_box_wins(text: str, number: str) -> None:
    assert extract_answer(f"The answer is 3. \\boxed{{7}}. {number} Wait. \\boxed{{{number}}}") == number
