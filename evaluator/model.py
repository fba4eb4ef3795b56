"""What the evaluator's model says of solutions: how likely each verdict label is, or how likely the solution itself."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

from evaluator.forward import label_reads, reads_of
from evaluator.reader import Reader
from evaluator.trees import Cost
from evaluator.verdict import LabelAudit, VerdictTokens, audit_labels, score_of, solution_tokens

LogProbs = tuple[float, float]  # log p of the correct and of the incorrect label


class EvaluatorModel(Protocol):
    """Gives raw scores."""

    @property
    def reader(self) -> Reader: ...

    def scores(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        """In [0, 1]; None where a solution is too long for the context, NaN where the model gives no number."""
        ...


class VerdictModel:
    """Reads the verdict labels' log-probabilities from a model.

    Args:
        model: a causal language model of transformers, in the state and on the device in which it is to run.
        tokenizer: its own.
        audit: of the tokenizer's labels; made if None.
        cost, max_tokens, tokens_per_batch: see Reader.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        audit: LabelAudit | None = None,
        cost: Cost | None = None,
        max_tokens: int | None = None,
        tokens_per_batch: int | None = None,
    ) -> None:
        self.verdict = VerdictTokens(tokenizer, audit or audit_labels(tokenizer))
        self.reader = Reader(model, cost=cost, max_tokens=max_tokens, tokens_per_batch=tokens_per_batch)

    def logprobs(self, problem: str, solutions: Sequence[str]) -> list[LogProbs | None]:
        """log p of both labels behind each solution's verdict prompt; None where that is too long for the context."""
        distinct = list(dict.fromkeys(solutions))
        questions = dict(zip(distinct, self.verdict.questions(problem, distinct), strict=True))
        fitting = [text for text in distinct if self.reader.fits(questions[text].sequences)]
        if not fitting:
            return [None] * len(solutions)
        sums_S = self.reader.sums(*label_reads([questions[text] for text in fitting]))
        found = dict(zip(fitting, zip(sums_S[0::2], sums_S[1::2], strict=True), strict=True))
        return [found.get(text) for text in solutions]

    def scores(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        """S of each solution (arXiv:2310.10047, Eq. 7); see EvaluatorModel."""
        return [None if found is None else score_of(*found) for found in self.logprobs(problem, solutions)]


class LikelihoodModel:
    """Reads how likely solutions are to a model that learned right ones within the verdict prompt.

    Args:
        model, tokenizer, cost, max_tokens, tokens_per_batch: see VerdictModel.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        cost: Cost | None = None,
        max_tokens: int | None = None,
        tokens_per_batch: int | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self.reader = Reader(model, cost=cost, max_tokens=max_tokens, tokens_per_batch=tokens_per_batch)

    def logprobs(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        """log p(X | P) of each solution's tokens, end-of-sequence included; None where it is too long."""
        head, texts = solution_tokens(self._tokenizer, problem, dict.fromkeys(solutions))
        fitting = {text: tokens for text, tokens in texts.items() if self.reader.fits([head + tokens[:-1]])}
        if not fitting:
            return [None] * len(solutions)
        rows = [
            (number, len(head) - 1 + place, token, number)
            for number, tokens in enumerate(fitting.values())
            for place, token in enumerate(tokens)
        ]
        sequences = [head + tokens[:-1] for tokens in fitting.values()]
        found = dict(zip(fitting, self.reader.sums(sequences, reads_of(rows, num_sums=len(fitting))), strict=True))
        return [found.get(text) for text in solutions]

    def scores(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        """p(X | P) of each solution; see EvaluatorModel."""
        return [None if found is None else math.exp(found) for found in self.logprobs(problem, solutions)]
