"""What an engine is: something that samples completions, says how likely labels are, or judges solutions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from reasoning.errors import InputError

FinishReason = Literal["stop", "length", "error"]


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How to draw tokens.

    Attributes:
        temperature: 0 is greedy.
        top_p: share of the probability mass kept, in (0, 1].
        top_k: tokens kept; 0 keeps all.
        max_tokens: of one completion, the end-of-sequence token not counted.

    Raises:
        InputError: a number outside its range.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 512

    def __post_init__(self) -> None:
        if not (self.temperature >= 0 and 0 < self.top_p <= 1 and self.top_k >= 0 and self.max_tokens >= 1):
            raise InputError(
                "expected temperature >= 0, top_p in (0, 1], top_k >= 0 and max_tokens >= 1, found "
                f"{self.temperature}, {self.top_p}, {self.top_k} and {self.max_tokens}"
            )


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt and a seed for each sample wanted of it.

    Attributes:
        prompt: plain text; an engine with a chat template puts it into a user's turn.
        seeds: one completion each. The same seed gives the same completion whatever else is in the batch.
    """

    prompt: str
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled text.

    Attributes:
        request: index of the request in the call.
        sample: index of the seed in the request.
        text: without end-of-sequence token; empty where `finish_reason` is "error".
        num_tokens: generated tokens, end-of-sequence not counted.
        num_prompt_tokens: tokens of the prompt, the same for all samples of a request.
        finish_reason: "stop" at end-of-sequence, "length" at max_tokens or the end of the context, "error".
        error: what went wrong, where something did.
    """

    request: int
    sample: int
    text: str
    num_tokens: int
    num_prompt_tokens: int
    finish_reason: FinishReason
    error: str | None = None


class Sampler(Protocol):
    """Draws completions."""

    @property
    def name(self) -> str:
        """The model's name and, where known, its revision."""
        ...

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        """One completion for each seed of each request, each yielded once, as they are ready, in any order."""
        ...


class LabelScorer(Protocol):
    """Says how likely each of some labels is after a prompt."""

    @property
    def name(self) -> str: ...

    def label_logprobs(self, prompts: Sequence[str], labels: Sequence[str]) -> list[tuple[float, ...] | None]:
        """log p(label | prompt) over the full vocabulary, one tuple a prompt, in the order of the labels.

        None in place of a tuple for a prompt that cannot be read, as when it is too long, so that one long text does
        not end a long run.
        """
        ...


class Judge(Protocol):
    """An evaluator: says how likely a solution is correct."""

    @property
    def name(self) -> str: ...

    @property
    def num_tokens(self) -> int:
        """Tokens that went through the model so far: the evaluator's cost."""
        ...

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        """P(correct) in [0, 1] of each solution; None where one cannot be judged, as when it is too long."""
        ...
