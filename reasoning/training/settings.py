"""The sections that recipes of all trainers share."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from reasoning.config import Section


class ModelSection(Section):
    """The model to start from: `from` a folder or hub name, or new weights of an `architecture`."""

    from_: str | None = Field(default=None, alias="from", description="model folder, or name on the Hugging Face hub")
    architecture: str | None = Field(
        default=None, description="of new weights: a model type of transformers, as llama, qwen2, gpt_neo"
    )
    hidden_size: PositiveInt = Field(default=256, description="width of new weights")
    num_layers: PositiveInt = Field(default=8, description="layers of new weights")
    num_heads: PositiveInt = Field(default=8, description="attention heads a layer of new weights")
    num_kv_heads: PositiveInt | None = Field(default=None, description="heads of keys and values; `num_heads` if unset")
    intermediate_size: PositiveInt | None = Field(
        default=None, description="width within the feed-forward part; the architecture's own multiple if unset"
    )
    max_position_embeddings: PositiveInt = Field(default=512, description="context of new weights, in tokens")
    tie_embeddings: bool = Field(default=True, description="one matrix for the first and the last layer of new weights")
    config: dict[str, Any] = Field(
        default={}, description="further fields of the architecture's configuration of new weights"
    )
    add_layers: NonNegativeInt = Field(
        default=0, description="new layers behind those of `from`; they change nothing until they are trained"
    )
    attention: Literal["eager", "sdpa"] | None = Field(
        default=None,
        description="how attention is computed while training: eager or sdpa; transformers' choice if unset",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (self.architecture is None):
            raise ValueError("expected exactly one of `from` and `architecture`")
        if self.add_layers and self.from_ is None:
            raise ValueError("expected `from` with `add_layers`; set `num_layers` of new weights")
        return self


class TokenizerSection(Section):
    """The tokenizer of new weights: `from` a folder or hub name, or trained on the training texts."""

    from_: str | None = Field(default=None, alias="from", description="tokenizer folder, or name on the hub")
    vocab_size: PositiveInt | None = Field(
        default=None, description="tokens of a byte-level BPE trained on the training texts, one token a digit"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (self.vocab_size is None):
            raise ValueError("expected exactly one of `from` and `vocab_size`")
        return self


class LoraSection(Section):
    """Low-rank adapters in place of full weights; they are merged into the model that is written."""

    rank: PositiveInt = Field(default=16, description="rank of the adapters")
    alpha: PositiveInt = Field(default=32, description="scale of the adapters, over their rank")
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0, description="of the adapters' input")
    target_modules: tuple[str, ...] | Literal["all-linear"] = Field(
        default="all-linear", description="names of the layers that get adapters, or all-linear"
    )


class OptimizerSection(Section):
    """AdamW, its learning rate over the steps, and clipping."""

    lr: PositiveFloat = Field(default=1e-4, description="highest learning rate")
    schedule: Literal["cosine", "linear", "constant"] = Field(
        default="cosine", description="after the warm-up: cosine, linear or constant"
    )
    warmup_steps: int = Field(default=100, ge=0, description="steps in which the learning rate rises from 0")
    final_lr_share: float = Field(default=0.0, ge=0.0, le=1.0, description="last learning rate over the highest")
    betas: tuple[float, float] = Field(default=(0.9, 0.999), description="AdamW's averaging of gradients and squares")
    eps: PositiveFloat = Field(default=1e-8, description="AdamW's epsilon")
    weight_decay: float = Field(default=0.1, ge=0.0, description="of matrices; vectors have none")
    clip: PositiveFloat | None = Field(default=1.0, description="highest norm of the gradient; null does not clip")


class BatchSection(Section):
    """How many tokens a step sees, and how many at once."""

    tokens: PositiveInt = Field(default=16_384, description="tokens of a step over all processes, padding included")
    micro_tokens: PositiveInt | None = Field(
        default=None, description="tokens of one pass through the model; `tokens` over the number of processes if unset"
    )
    packing: bool = Field(
        default=False, description="several texts a row, each seeing only itself, in place of padding"
    )


class LengthSection(Section):
    """What happens to texts that are longer than the context."""

    max_tokens: PositiveInt | None = Field(default=None, description="context in tokens; the model's own if unset")
    skip_too_long: bool = Field(default=False, description="count longer texts and leave them out; else an error")


class RunSection(Section):
    """How long a run is and what it keeps; and on what it runs."""

    max_steps: PositiveInt | None = Field(default=None, description="steps; or give `epochs`")
    epochs: PositiveFloat | None = Field(default=None, description="passes over the data; or give `max_steps`")
    checkpoint_every: PositiveInt = Field(default=500, description="steps from one checkpoint to the next")
    log_every: PositiveInt = Field(default=10, description="steps from one line of metrics to the next")
    precision: Literal["fp32", "bf16"] = Field(
        default="fp32", description="of the calculation, fp32 or bf16; weights stay fp32"
    )
    save_precision: Literal["fp32", "bf16"] = Field(
        default="fp32", description="of the weights that are written, fp32 or bf16"
    )
    gradient_checkpointing: bool = Field(default=False, description="compute layers twice in place of storing them")
    compile: bool = Field(default=False, description="compile the layers with torch.compile (one process)")
    deepspeed: Path | dict[str, Any] | None = Field(
        default=None, description="DeepSpeed's JSON, or a file of it; needed with several processes"
    )

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.max_steps is None) == (self.epochs is None):
            raise ValueError("expected exactly one of `max_steps` and `epochs`")
        return self
