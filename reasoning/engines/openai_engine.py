"""Any server with OpenAI's interface: vLLM, SGLang, llama.cpp, `transformers serve`, hosted models.

What it promises is what the server keeps: docs/engines.md has a table.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reasoning.engines.asking import answers
from reasoning.engines.endpoints import Endpoints
from reasoning.engines.protocols import Completion, FinishReason, Request, SamplingParams
from reasoning.engines.remote import Refused, Remote
from reasoning.errors import InputError

MOST_N = 128  # choices that OpenAI gives for one prompt at a time
SHORT_PROMPT = "1"  # fits into any context
Answer = TypeVar("Answer")
_REASONS: dict[str | None, FinishReason] = {"stop": "stop", None: "stop", "length": "length"}


@dataclass(frozen=True, slots=True)
class Ask:
    """One prompt to send, and the samples that are wanted of it."""

    request: int
    prompt: str
    samples: tuple[int, ...]
    seeds: tuple[int, ...]


class OpenAIEngine:
    """Samples from a remote model and asks it how likely labels are.

    Args:
        url: as `http://127.0.0.1:8000/v1`; of several servers of one model, each request goes to the least loaded one.
        model: its name there; None takes the only one that there is.
        api_key, chat, timeout_s, max_retries: see `Remote`.
        use_n: ask for all samples of a prompt at once, with the seed of the first: cheaper where the server keeps no
            cache of prompts, but a sample then depends on the seeds before it. Where the server sends fewer than it
            was asked for, the rest is asked for again.
        concurrency: requests at a time to each server; 1 where it keeps one random state, as `transformers serve`.
    """

    def __init__(
        self,
        url: str | Sequence[str],
        model: str | None = None,
        *,
        api_key: str | None = None,
        chat: bool | None = None,
        use_n: bool = False,
        concurrency: int = 16,
        timeout_s: float = 300.0,
        max_retries: int = 5,
    ) -> None:
        urls = [url] if isinstance(url, str) else url
        retries = max_retries if len(urls) == 1 else 0  # of several, another one is asked
        remotes = [
            Remote(one, model, api_key=api_key, chat=chat, timeout_s=timeout_s, max_retries=retries) for one in urls
        ]
        self._remote = remotes[0] if len(urls) == 1 else Endpoints(remotes, max_retries=max_retries)
        self._use_n = use_n
        self._concurrency = concurrency * len(urls)

    @property
    def name(self) -> str:
        return self._remote.model

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        """One completion for each seed, as the server sends them; a greedy one is asked for once a request.

        Left early, it asks for no more; see `answers`.

        Where the server refuses a single request, as for a prompt that is too long, its samples have finish_reason
        "error".

        Raises:
            InputError: no such model, no valid key, an option that the server does not know.
            QuorumError: the server cannot be reached, times out or fails, after all retries.
        """
        asks = [ask for number, request in enumerate(requests) for ask in self._asks(number, request, params)]
        found = answers(lambda ask: self._answer(ask, params), asks, num_threads=self._concurrency)
        with contextlib.closing(found):
            for _, completions in found:
                yield from completions

    def label_logprobs(self, prompts: Sequence[str], labels: Sequence[str]) -> list[tuple[float, ...] | None]:
        """log p(label | prompt) over the full vocabulary; None where the server refuses a single prompt, as a long one.

        They are read from the most likely next tokens; a label that is not among these, as one of several tokens, from
        the log-probabilities of the prompt's own tokens with the label behind it, where the server echoes prompts.

        Raises:
            InputError: the server gives neither.
            QuorumError: see `sample`, or the server refuses such requests whatever the prompt.
        """
        found = answers(lambda prompt: self._label_logprobs(prompt, labels), prompts, num_threads=self._concurrency)
        return [logprobs for _, logprobs in sorted(found, key=lambda answered: answered[0])]

    def _asks(self, number: int, request: Request, params: SamplingParams) -> list[Ask]:
        size = len(request.seeds) if params.temperature == 0 else MOST_N if self._use_n else 1
        return [
            Ask(
                number,
                request.prompt,
                tuple(range(first, min(first + size, len(request.seeds)))),
                request.seeds[first : first + size],
            )
            for first in range(0, len(request.seeds), max(size, 1))
        ]

    def _answer(self, ask: Ask, params: SamplingParams) -> list[Completion]:
        completions: list[Completion] = []
        while len(completions) < len(ask.samples):
            place = len(completions)
            wanted = 1 if params.temperature == 0 else len(ask.samples) - place
            try:
                reply = self._remote.complete(ask.prompt, params, n=wanted, seed=ask.seeds[place])
            except Refused as error:
                return completions + [
                    Completion(ask.request, sample, "", 0, 0, "error", str(error)) for sample in ask.samples[place:]
                ]
            texts = list(zip(reply.texts, reply.reasons, strict=True))[:wanted]
            share = reply.num_tokens // len(texts)
            if params.temperature == 0:
                texts *= len(ask.samples)
            for sample, (text, reason) in zip(ask.samples[place:], texts, strict=False):
                completions.append(_completion(ask.request, sample, text, reason, share, reply.num_prompt_tokens))
        return completions

    def _label_logprobs(self, prompt: str, labels: Sequence[str]) -> tuple[float, ...] | None:
        likely = self._unless_refused(self._remote.next_tokens, prompt)
        if likely is None:
            return None
        found = []
        for label in labels:
            logprob = likely.get(label)
            if logprob is None and self._remote.chat:
                logprob = likely.get(label.strip())  # an assistant's turn begins without a space
            if logprob is None:
                logprob = self._echoed(prompt, label)
            if logprob is None:
                return None
            found.append(logprob)
        return tuple(found)

    def _unless_refused(self, ask: Callable[[str], Answer], prompt: str) -> Answer | None:
        """What the server says of a prompt; None where it refuses this one but takes a short one.

        Servers have many words for a prompt that is too long, and one status for it and for a request that is wrong
        with any prompt.

        Raises:
            Refused: it refuses the short one, too.
        """
        try:
            return ask(prompt)
        except Refused:
            ask(SHORT_PROMPT)
            return None

    def _echoed(self, prompt: str, label: str) -> float | None:
        """The summed log-probability of a label's tokens behind a prompt that the server echoes; None if too long."""
        tokens: list[tuple[str, float]] | None = []
        refusal = ""
        if not self._remote.chat:
            try:
                tokens = self._unless_refused(lambda text: self._remote.echoed(text + label), prompt)
            except Refused as error:
                refusal = f" ({error})"
        if tokens is None:
            return None
        tail, logprob = "", 0.0
        while tokens and len(tail) < len(label):
            token, token_logprob = tokens.pop()
            tail, logprob = token + tail, logprob + token_logprob
        if tail != label or not math.isfinite(logprob):
            raise InputError(
                f"{self._remote.url}: expected log-probabilities of the label {label!r}, found it neither among the "
                f"most likely next tokens nor by echoing the prompt{refusal}; use a server that echoes prompts with "
                "log-probabilities, as vLLM does, or an evaluator's folder"
            )
        return logprob


def _completion(
    request: int, sample: int, text: str, reason: str | None, num_tokens: int, num_prompt_tokens: int
) -> Completion:
    finish = _REASONS.get(reason, "error")
    if finish == "error":
        error = f"expected a text that ends, found finish_reason {reason!r}"
        return Completion(request, sample, "", num_tokens, num_prompt_tokens, finish, error)
    return Completion(request, sample, text, num_tokens, num_prompt_tokens, finish)
