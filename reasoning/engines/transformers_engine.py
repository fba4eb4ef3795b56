"""The default engine: any causal language model of transformers, on CPU and GPU."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from reasoning.engines.decoding import Decoding, Ended, Job
from reasoning.engines.drawing import mixed_seeds
from reasoning.engines.encoding import Encoder, uses_chat
from reasoning.engines.forward import Forward
from reasoning.engines.label_logprobs import label_logprobs
from reasoning.engines.loading import LoadedModel
from reasoning.engines.protocols import Completion, Request, SamplingParams
from reasoning.engines.row_cache import num_cached_layers
from reasoning.model_folder import ModelCard

MAX_SAMPLES = 1024  # at a time; more rows are no faster
CPU_CACHE_BYTES = 4 * 2**30
GPU_CACHE_SHARE = 0.4  # of the free memory: buffers double when they grow


class TransformersEngine:
    """Samples from a model and says how likely labels are.

    Args:
        loaded: from `load_model`.
        chat: put prompts into a user's turn; None does so as the model's card says, and for a model without a card
            where its tokenizer has a chat template.
        cache_tokens: keys and values that there is room for, in tokens; None fits it to the memory.
        max_samples: drawn at a time.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        *,
        chat: bool | None = None,
        cache_tokens: int | None = None,
        max_samples: int = MAX_SAMPLES,
    ) -> None:
        self._loaded = loaded
        chat = uses_chat(loaded.tokenizer, loaded.card) if chat is None else chat
        self._encoder = Encoder(loaded.tokenizer, chat=chat)
        self._forward = Forward(loaded.model)
        self._num_layers = num_cached_layers(loaded.model, loaded.name)
        self._cache_tokens = cache_tokens
        self._max_samples = max_samples

    @property
    def name(self) -> str:
        return self._loaded.name

    @property
    def model(self) -> Any:
        return self._loaded.model

    @property
    def tokenizer(self) -> Any:
        return self._loaded.tokenizer

    @property
    def card(self) -> ModelCard | None:
        return self._loaded.card

    @property
    def device(self) -> torch.device:
        return self._loaded.device

    @property
    def chat(self) -> bool:
        """Whether prompts go through the tokenizer's chat template."""
        return self._encoder.chat

    @property
    def max_context(self) -> int | None:
        """Tokens of prompt and completion at most; None where the model names no limit."""
        limit: int | None = getattr(self.model.config, "max_position_embeddings", None)
        return limit

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        """One completion for each seed, as they end.

        A prompt without tokens, or one that leaves no room in the context, gives completions with finish_reason
        "error", so that one long problem does not end a long run.

        Raises:
            QuorumError: the model's logits are not finite.
        """
        jobs: list[Job] = []
        for number, request in enumerate(requests):
            prompt = self._encoder.prompt(request.prompt)
            limit = self.max_context
            room = params.max_tokens if limit is None else min(params.max_tokens, limit - len(prompt))
            if not prompt or room < 1:
                yield from _refused(number, request, len(prompt), limit)
                continue
            seeds = mixed_seeds(request.seeds)
            for first in range(0, len(request.seeds), self._max_samples):
                samples = range(first, min(first + self._max_samples, len(request.seeds)))
                jobs.append(Job(number, prompt, tuple(samples), seeds[samples.start : samples.stop], room))
        decoding = Decoding(
            self._forward,
            self.device,
            self._num_layers,
            jobs=jobs,
            params=params,
            stop_tokens=self.stop_tokens,
            cache_tokens=self._cache_tokens or self._room(),
            max_samples=self._max_samples,
        )
        while decoding.is_busy:
            for ended in decoding.step():
                yield from self._completions(ended)

    def label_logprobs(self, prompts: Sequence[str], labels: Sequence[str]) -> list[tuple[float, ...] | None]:
        """log p(label | prompt) over the full vocabulary; see `reasoning.engines.label_logprobs`."""
        return label_logprobs(self._forward, self._encoder, prompts, labels, limit=self.max_context, device=self.device)

    @property
    def stop_tokens(self) -> frozenset[int]:
        """Every token that ends a text: the generation configuration's and the tokenizer's."""
        found = getattr(self.model.generation_config, "eos_token_id", None)
        several = found if isinstance(found, list) else [found]
        return frozenset(token for token in [*several, self.tokenizer.eos_token_id] if token is not None)

    def _completions(self, ended: Ended) -> Iterator[Completion]:
        text = self._encoder.text(ended.tokens)
        for member in ended.members:
            yield Completion(
                request=ended.job.request,
                sample=ended.job.samples[member],
                text=text,
                num_tokens=len(ended.tokens),
                num_prompt_tokens=len(ended.job.prompt),
                finish_reason=ended.reason,
            )

    def _room(self) -> int:
        """Tokens whose keys and values fit into the memory."""
        config = self.model.config.get_text_config()
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        bytes_per_token = 2 * self._num_layers * heads * size * self.model.dtype.itemsize
        free = CPU_CACHE_BYTES
        if self.device.type == "cuda":
            free = int(GPU_CACHE_SHARE * torch.cuda.mem_get_info(self.device)[0])
        return int(free // bytes_per_token)


def _refused(number: int, request: Request, num_tokens: int, limit: int | None) -> Iterator[Completion]:
    error = "expected a prompt, found an empty one"
    if num_tokens and limit is not None:
        error = f"expected a prompt of at most {limit - 1:,} tokens, found {num_tokens:,}; shorten it"
    for sample in range(len(request.seeds)):
        yield Completion(number, sample, "", 0, num_tokens, "error", error)
