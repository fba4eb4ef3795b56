"""The label audit, and what becomes of prompts."""

import math
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from evaluator.verdict import VerdictTokens, audit_labels, score_of, tokens_of
from reasoning.errors import InputError
from reasoning.prompts import LABELS, verdict_prompt
from tests.tiny_models import tiny_tokenizer

PROBLEM = "Ann has 3 pens and buys 4. How many has she?"
SOLUTIONS = ["3 + 4 = 7\n#### 7", "", "So\n\n it is 8 .", "#### 9\n"]


def whole_word_tokenizer(words: list[str]) -> Any:
    """A tokenizer that knows some words, and otherwise only `[UNK]`."""
    vocabulary = {word: i for i, word in enumerate(["[UNK]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]")  # type: ignore[no-untyped-call]


def merging_tokenizer() -> Any:
    """A tokenizer that makes one token of `is correct`, over the white space."""
    alphabet = sorted(set("".join(chr(i) for i in range(32, 127)) + "\n"))
    merges, token = [], "i"
    for character in "s correct":
        merges.append((token, character))
        token += character
    vocabulary = {t: i for i, t in enumerate([*alphabet, *(a + b for a, b in merges)])}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)  # type: ignore[no-untyped-call]


def test_single_tokens() -> None:
    tokenizer = tiny_tokenizer()
    audit = audit_labels(tokenizer)
    assert audit.reads_logits
    assert audit.splits
    assert [tokenizer.decode(list(tokens)) for tokens in audit.tokens] == list(LABELS)
    assert audit.first_tokens == (audit.tokens[0][0], audit.tokens[1][0])
    assert audit.to_json()["reads"] == "two logits"


def test_split_labels() -> None:
    audit = audit_labels(tiny_tokenizer(splits_labels=True))
    assert not audit.is_single
    assert audit.is_separate
    assert not audit.reads_logits
    assert len(audit.tokens[1]) > 1
    assert audit.first_tokens[0] != audit.first_tokens[1]


def test_a_label_that_merges_with_the_prompt() -> None:
    audit = audit_labels(merging_tokenizer())
    assert not audit.is_separate
    assert not audit.reads_logits
    (question,) = VerdictTokens(merging_tokenizer(), audit).questions(PROBLEM, ["7"])
    for answer, label in zip(question.answers, LABELS, strict=True):
        assert question.tokens + answer == tokens_of(merging_tokenizer(), verdict_prompt(PROBLEM, "7") + label)
    assert question.answers[0][0] != question.answers[1][0]


def test_labels_that_are_alike_are_refused() -> None:
    with pytest.raises(InputError, match="expected verdict labels that differ"):
        audit_labels(whole_word_tokenizer(["correctness"]))


@pytest.mark.parametrize("splits_labels", [False, True])
def test_tokens_are_those_of_the_whole_prompt(splits_labels: bool) -> None:
    tokenizer = tiny_tokenizer(splits_labels=splits_labels)
    verdict = VerdictTokens(tokenizer, audit_labels(tokenizer))
    for question, solution in zip(verdict.questions(PROBLEM, SOLUTIONS), SOLUTIONS, strict=True):
        prompt = verdict_prompt(PROBLEM, solution)
        for answer, label in zip(question.answers, LABELS, strict=True):
            assert question.tokens + answer == tokens_of(tokenizer, prompt + label)


@pytest.mark.parametrize("solution", SOLUTIONS)
def test_line_spans(solution: str) -> None:
    tokenizer = tiny_tokenizer()
    verdict = VerdictTokens(tokenizer, audit_labels(tokenizer))
    (question,) = verdict.questions(PROBLEM, [solution])
    spans = verdict.line_spans(PROBLEM, solution)
    prompt = verdict_prompt(PROBLEM, solution)
    lines = [line for line in solution.splitlines() if line.strip()]
    assert len(spans) == len(lines)
    assert all(first <= end for first, end in spans)
    assert [first for first, _ in spans[1:]] == [end + 1 for _, end in spans[:-1]]
    if spans:
        before = str(tokenizer.decode(list(question.tokens[: spans[0][0]])))
        assert before.rstrip().endswith(" Here is a candidate solution:")
    start = prompt.index(" Here is a candidate solution: ") + len(" Here is a candidate solution: ")
    for (_, end), line in zip(spans, lines, strict=True):
        start = prompt.index(line.strip(), start) + len(line.strip())
        assert tokenizer.decode(list(question.tokens[: end + 1])) == prompt[:start]


def test_score() -> None:
    assert score_of(math.log(0.3), math.log(0.1)) == pytest.approx(0.75)
    assert score_of(-1000.0, 0.0) == 0.0
    assert score_of(0.0, -1000.0) == 1.0
    assert score_of(-2000.0, -2000.0) == 0.5
    assert math.isnan(score_of(math.nan, 0.0))
