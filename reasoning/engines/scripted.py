"""An engine that says what it was told to say: for documentation and tests."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from reasoning.engines.protocols import Completion, FinishReason, Request, SamplingParams
from reasoning.errors import InputError

Script = Mapping[str, Sequence[str]] | Callable[[str, int], str]

_TOKEN = re.compile(r"\s*\S+(?:\s+\Z)?")


class ScriptedEngine:
    """Answers from a script. A token is a word with the space before it.

    Args:
        script: texts for each prompt, of which a sample gets the one at its seed modulo their number; or a function of
            prompt and seed. At temperature 0 every seed is 0.
        probs: P(label | prompt); None takes the share of a prompt's texts that begin with the label.
        name: of the model.
    """

    def __init__(
        self, script: Script, *, probs: Callable[[str, str], float] | None = None, name: str = "scripted"
    ) -> None:
        self._script = script
        self._probs = probs
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        """One completion for each seed, in order; finish_reason "error" where the script has an empty list of texts.

        Raises:
            InputError: the script does not know a prompt.
        """
        for number, request in enumerate(requests):
            num_prompt_tokens = len(_TOKEN.findall(request.prompt))
            for sample, seed in enumerate(request.seeds):
                text = self._text(request.prompt, 0 if params.temperature == 0 else seed)
                if text is None:
                    yield Completion(number, sample, "", 0, num_prompt_tokens, "error", "the script has no text here")
                    continue
                tokens = _TOKEN.findall(text)
                kept = tokens[: params.max_tokens]
                reason: FinishReason = "stop" if len(kept) == len(tokens) else "length"
                yield Completion(number, sample, "".join(kept), len(kept), num_prompt_tokens, reason)

    def label_logprobs(self, prompts: Sequence[str], labels: Sequence[str]) -> list[tuple[float, ...] | None]:
        """log p(label | prompt); minus infinity for what is never said.

        Raises:
            InputError: the script is a function and there are no `probs`, or it does not know a prompt.
        """
        return [tuple(_log(self._prob(prompt, label)) for label in labels) for prompt in prompts]

    def _prob(self, prompt: str, label: str) -> float:
        if self._probs is not None:
            return self._probs(prompt, label)
        if callable(self._script):
            raise InputError("expected `probs` beside a script that is a function, found none")
        texts = self._texts(self._script, prompt)
        return sum(text.startswith(label) for text in texts) / len(texts) if texts else 0.0

    def _text(self, prompt: str, seed: int) -> str | None:
        if callable(self._script):
            return self._script(prompt, seed)
        texts = self._texts(self._script, prompt)
        return texts[seed % len(texts)] if texts else None

    @staticmethod
    def _texts(script: Mapping[str, Sequence[str]], prompt: str) -> Sequence[str]:
        if prompt not in script:
            raise InputError(f"expected a prompt that the script knows, found {prompt[:80]!r}; add it to the script")
        return script[prompt]


def _log(prob: float) -> float:
    return math.log(prob) if prob > 0 else -math.inf
