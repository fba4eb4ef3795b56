"""The verdict: what the evaluator is asked, whether its labels are fit to be asked for, and the score."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from reasoning.errors import InputError
from reasoning.prompts import LABELS, verdict_prefix, verdict_suffix

CORRECT, INCORRECT = range(2)  # places of the labels, in LABELS and in every tensor of two columns

Tokens = tuple[int, ...]

# (problem, solution): words, digits, line breaks, LaTeX, and nothing where the solution meets the prompt
_PROBES = (
    ("Ann has 3 pens. How many pens does she have?", "1 + 2 = 3\n#### 3"),
    ("What is $\\frac{1}{2}$ of 10?", "Half of 10 is $\\boxed{5}$."),
    ("Count: 10, 20", "So we get\n\nx = 30"),
    ("Is it?", "(a) is 7)\n"),
    ("Empty", ""),
)


@dataclass(frozen=True, slots=True)
class LabelAudit:
    """What a tokenizer makes of the verdict labels and of the prompt's parts.

    Attributes:
        labels: the label texts, the correct one first.
        tokens: the tokens of each label behind a prompt.
        is_single: each label is one token.
        is_separate: the tokens of prompt and label are those of the prompt, then the label's.
        splits: a prompt cut behind the problem has, part by part, the tokens of the whole; else it is tokenized whole.
    """

    labels: tuple[str, str]
    tokens: tuple[Tokens, Tokens]
    is_single: bool
    is_separate: bool
    splits: bool

    @property
    def reads_logits(self) -> bool:
        """Whether two logits at the prompt's last position are the verdict; else whole label strings are scored."""
        return self.is_single and self.is_separate

    @property
    def first_tokens(self) -> tuple[int, int]:
        """The first token of each label in which they differ: what the model decides between."""
        shared = shared_length(*self.tokens)
        return self.tokens[CORRECT][shared], self.tokens[INCORRECT][shared]

    def to_json(self) -> dict[str, Any]:
        """For the model's card."""
        return {
            "labels": list(self.labels),
            "tokens": [list(tokens) for tokens in self.tokens],
            "is_single": self.is_single,
            "is_separate": self.is_separate,
            "splits": self.splits,
            "reads": "two logits" if self.reads_logits else "whole label strings",
        }


def audit_labels(tokenizer: Any, labels: tuple[str, str] = LABELS) -> LabelAudit:
    """Look at how a tokenizer cuts the labels behind a prompt.

    ` correct` may be one token, several (` cor`, `rect`), or none of its own, where the tokenizer joins it to the
    prompt's last word (`is correct` as one token). Only in the first case do two logits say what the model thinks.

    Raises:
        InputError: one label's tokens are the other's or its beginning, so that no score tells them apart.
    """
    probes = [_parts(problem, solution) for problem, solution in _PROBES]
    wholes = [tokens_of(tokenizer, head + rest) for head, rest in probes]
    behind = [[tokens_of(tokenizer, head + rest + label) for label in labels] for head, rest in probes]
    is_separate = all(
        labelled[: len(whole)] == whole for whole, both in zip(wholes, behind, strict=True) for labelled in both
    )
    tokens = (_behind(behind[0][CORRECT], wholes[0]), _behind(behind[0][INCORRECT], wholes[0]))
    if shared_length(*tokens) == min(map(len, tokens)):
        raise InputError(
            f"expected verdict labels that differ, found that the tokenizer writes {labels[CORRECT]!r} as "
            f"{list(tokens[CORRECT])} and {labels[INCORRECT]!r} as {list(tokens[INCORRECT])}; use another tokenizer"
        )
    return LabelAudit(
        labels=labels,
        tokens=tokens,
        is_single=all(len(label) == 1 for label in tokens),
        is_separate=is_separate,
        splits=all(
            tokens_of(tokenizer, head) + tokens_of(tokenizer, rest, special=False) == whole
            for (head, rest), whole in zip(probes, wholes, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class Question:
    """A verdict prompt as tokens, and what may follow it.

    Attributes:
        tokens: the prompt's.
        answers: the tokens of each label behind it, the correct one first; the first of them differ.
    """

    tokens: Tokens
    answers: tuple[Tokens, Tokens]

    @property
    def sequences(self) -> tuple[Tokens, ...]:
        """What a model must read to say how likely each answer is; one sequence where both are single tokens."""
        return tuple(dict.fromkeys(self.tokens + answer[:-1] for answer in self.answers))


class VerdictTokens:
    """Turns problems and solutions into the tokens that a verdict follows.

    A prompt is cut before the space that precedes the solution, since most tokenizers put that space into the
    solution's first token. Where the audit found that the parts have the tokens of the whole, the problem is tokenized
    once for all its solutions; elsewhere whole prompts are.
    """

    def __init__(self, tokenizer: Any, audit: LabelAudit) -> None:
        self.tokenizer = tokenizer
        self.audit = audit

    def questions(self, problem: str, solutions: Sequence[str]) -> list["Question"]:
        """What is asked of each solution."""
        parts = [_parts(problem, solution) for solution in solutions]
        if not parts:
            return []
        if not self.audit.reads_logits:
            return [self._forked(head + rest) for head, rest in parts]
        if not self.audit.splits:
            return [Question(tokens_of(self.tokenizer, head + rest), self.audit.tokens) for head, rest in parts]
        head_tokens = tokens_of(self.tokenizer, parts[0][0])
        rests = self.tokenizer([rest for _, rest in parts], add_special_tokens=False)["input_ids"]
        return [Question(head_tokens + tuple(rest), self.audit.tokens) for rest in rests]

    def _forked(self, prompt: str) -> "Question":
        """The prompt with each label behind it, as far as the two are alike, and then each label's own tokens.

        A label that merges with the prompt's last word changes the last tokens of what they share; the two sequences
        are still what the texts are, and the first token in which they differ is where the model decides.
        """
        correct, incorrect = (tokens_of(self.tokenizer, prompt + label) for label in self.audit.labels)
        shared = shared_length(correct, incorrect)
        return Question(correct[:shared], (correct[shared:], incorrect[shared:]))

    def line_spans(self, problem: str, solution: str) -> list[tuple[int, int]]:
        """The places, within the prompt's tokens, of the first and last token of each line that is not blank.

        Line breaks belong to the line behind them.
        """
        head, rest = _parts(problem, solution)
        head_tokens = tokens_of(self.tokenizer, head) if self.audit.splits else ()
        text = rest if self.audit.splits else head + rest
        coded = self.tokenizer(text, add_special_tokens=not self.audit.splits, return_offsets_mapping=True)
        start = len(text) - len(solution) - len(verdict_suffix())
        ends = [end for _, end in coded["offset_mapping"]]
        spans: list[tuple[int, int]] = []
        first = next((place for place, end in enumerate(ends) if end > start), len(ends))
        for line in solution.splitlines(keepends=True):
            if line.strip():
                last = start + len(line.rstrip())
                place = next(place for place, end in enumerate(ends) if end >= last)
                spans.append((len(head_tokens) + min(first, place), len(head_tokens) + place))
                first = place + 1
            start += len(line)
        return spans


def solution_tokens(tokenizer: Any, problem: str, solutions: Iterable[str]) -> tuple[Tokens, dict[str, Tokens]]:
    """The verdict prompt up to where a solution begins, and each solution's tokens with end-of-sequence behind.

    They are what `quorum train ssft` makes of a source with `prompt: verdict`.
    """
    head, _ = _parts(problem, "")
    end = (tokenizer.eos_token_id,)
    tokens = {text: tokens_of(tokenizer, f" {text}", special=False) + end for text in solutions}
    return tokens_of(tokenizer, head), tokens


def score_of(logprob_correct: float, logprob_incorrect: float) -> float:
    """P(correct), normalised over the two labels.

    Source: arXiv:2310.10047, Eq. 7.
    """
    difference = logprob_incorrect - logprob_correct
    if difference > 0:
        return math.exp(-difference) / (1.0 + math.exp(-difference))
    return 1.0 / (1.0 + math.exp(difference))


def shared_length(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two sequences have in common from their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def tokens_of(tokenizer: Any, text: str, *, special: bool = True) -> Tokens:
    """The tokens of a text, with what the tokenizer puts before every text unless `special` is off."""
    return tuple(tokenizer(text, add_special_tokens=special)["input_ids"])


def _parts(problem: str, solution: str) -> tuple[str, str]:
    """A verdict prompt, cut before the space that precedes the solution."""
    prefix = verdict_prefix(problem)
    head = prefix.rstrip(" ")
    return head, prefix[len(head) :] + solution + verdict_suffix()


def _behind(labelled: Tokens, prompt: Tokens) -> Tokens:
    return labelled[shared_length(labelled, prompt) :]
