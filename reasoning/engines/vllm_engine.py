"""vLLM in this process: an optional extra, for GPUs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vllm import LLM
from vllm import SamplingParams as VllmParams

from reasoning.engines.encoding import Encoder, uses_chat
from reasoning.engines.protocols import Completion, FinishReason, Request, SamplingParams
from reasoning.model_folder import check_model_folder, read_card


class VllmEngine:
    """Samples from a model and says how likely labels are.

    Args:
        llm: of vLLM.
        name: of the model.
        encoder: how its prompts become tokens.
    """

    def __init__(self, llm: Any, *, name: str, encoder: Encoder) -> None:
        self._llm = llm
        self._name = name
        self._encoder = encoder

    @classmethod
    def from_pretrained(cls, name: str, *, chat: bool | None = None, **options: Any) -> "VllmEngine":
        """Load a model folder or a model of the hub.

        Args:
            name: a folder, or a hub name.
            chat: put prompts into a user's turn; None does as the card says, else where there is a chat template.
            options: of vllm.LLM, as `tensor_parallel_size`.
        """
        folder = Path(name)
        if folder.exists():
            check_model_folder(folder)
        llm = LLM(model=name, load_format="safetensors", trust_remote_code=False, **options)
        tokenizer = llm.get_tokenizer()
        if chat is None:
            chat = uses_chat(tokenizer, read_card(folder) if folder.exists() else None)
        return cls(llm, name=name, encoder=Encoder(tokenizer, chat=chat))

    @property
    def name(self) -> str:
        return self._name

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        """One completion for each seed, all when the last has ended; "error" where a prompt leaves no room."""
        prompts: list[dict[str, list[int]]] = []
        places: list[tuple[int, int]] = []
        drawn: list[Any] = []
        limit = self._llm.llm_engine.model_config.max_model_len
        for number, request in enumerate(requests):
            prompt = self._encoder.prompt(request.prompt)
            for sample, seed in enumerate(request.seeds):
                if not 0 < len(prompt) < limit:
                    error = f"expected a prompt of 1 to {limit - 1:,} tokens, found {len(prompt):,}; shorten it"
                    yield Completion(number, sample, "", 0, len(prompt), "error", error)
                    continue
                prompts.append({"prompt_token_ids": list(prompt)})
                places.append((number, sample))
                drawn.append(_params(params, seed, room=limit - len(prompt)))
        outputs = self._llm.generate(prompts, drawn, use_tqdm=False) if prompts else []
        for (number, sample), output in zip(places, outputs, strict=True):
            ended = output.outputs[0]
            tokens = list(ended.token_ids)
            if ended.finish_reason == "stop":
                tokens = tokens[:-1]
            reason: FinishReason = "stop" if ended.finish_reason == "stop" else "length"
            text = self._encoder.text(tokens)
            yield Completion(number, sample, text, len(tokens), len(output.prompt_token_ids), reason)

    def label_logprobs(self, prompts: Sequence[str], labels: Sequence[str]) -> list[tuple[float, ...] | None]:
        """log p(label | prompt) over the full vocabulary, summed over a label's tokens.

        None for a prompt without tokens, and for one that leaves no room in the context for its labels and the token
        that vLLM draws behind them.
        """
        asked = {text: [self._encoder.label(text, label) for label in labels] for text in prompts}
        tokens = {text: self._encoder.prompt(text) for text in asked}
        limit = self._llm.llm_engine.model_config.max_model_len
        reads = [
            (text, end)
            for text, ends in asked.items()
            if 0 < len(tokens[text]) < limit - max(map(len, ends), default=0)
            for end in ends
        ]
        inputs = [{"prompt_token_ids": [*tokens[text], *end]} for text, end in reads]
        params = VllmParams(max_tokens=1, prompt_logprobs=0)
        outputs = self._llm.generate(inputs, params, use_tqdm=False) if inputs else []
        found: dict[str, list[float]] = {}
        for (text, end), output in zip(reads, outputs, strict=True):
            places = zip(output.prompt_logprobs[-len(end) :], end, strict=True)
            found.setdefault(text, []).append(sum(place[token].logprob for place, token in places))
        return [tuple(found[text]) if text in found else None for text in prompts]


def _params(params: SamplingParams, seed: int, *, room: int) -> Any:
    return VllmParams(
        temperature=params.temperature,
        top_p=params.top_p,
        top_k=params.top_k or -1,
        max_tokens=min(params.max_tokens, room),
        seed=seed % 2**63,
        detokenize=False,
    )
