"""The recipe of supervised solution fine-tuning."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from reasoning.config import Section
from reasoning.training.settings import (
    BatchSection,
    LengthSection,
    LoraSection,
    ModelSection,
    OptimizerSection,
    RunSection,
    TokenizerSection,
)


class SourceSection(Section):
    """One source of training rows."""

    path: Path = Field(description="file or folder: JSON Lines, JSON or Parquet, also in gzip")
    weight: PositiveFloat = Field(default=1.0, description="how often each row is seen in an epoch")
    limit: PositiveInt | None = Field(default=None, description="rows at most, from the first")
    fields: dict[str, str] | None = Field(
        default=None, description="the file's names of `problem` and `solution`; known ones are found if unset"
    )
    prompt: Literal["solution", "verdict"] = Field(
        default="solution",
        description="what problems are put into: the generator's prompt, or the evaluator's verdict prompt up to the "
        "solution, for a model that an evaluator is to start from",
    )


class ValidationSection(Section):
    """How checkpoints are compared: greedy Pass@1 on problems that are not trained on."""

    path: Path = Field(description="file of problems with expected answers")
    limit: PositiveInt = Field(default=200, description="problems at most, from the first")
    every: PositiveInt = Field(default=1000, description="steps from one validation to the next")
    max_tokens: PositiveInt = Field(default=512, description="of a sampled solution")
    patience: PositiveInt | None = Field(
        default=None, description="validations without a better one after which training stops; never if unset"
    )


class SsftRecipe(Section):
    """One run of supervised solution fine-tuning."""

    seed: NonNegativeInt = Field(default=0, description="of new weights, the order of the data, and dropout")
    model: ModelSection = Field(description="where the model comes from")
    tokenizer: TokenizerSection | None = Field(default=None, description="of new weights; else the model's own")
    lora: LoraSection | None = Field(default=None, description="train adapters; all weights if unset")
    data: tuple[SourceSection, ...] = Field(min_length=1, description="sources of training rows, mixed")
    chat: bool = Field(default=False, description="put prompts into the tokenizer's chat template")
    validation: ValidationSection | None = Field(
        default=None, description="choose the checkpoint by accuracy; the last one is taken if unset"
    )
    batch: BatchSection = Field(default=BatchSection(), description="tokens of a step")
    length: LengthSection = Field(default=LengthSection(), description="texts longer than the context")
    optimizer: OptimizerSection = Field(default=OptimizerSection(), description="AdamW and its learning rate")
    run: RunSection = Field(description="length of the run, checkpoints, precision")
    demonstration: str | None = Field(
        default=None, description="what a model that is only a demonstration is good for, said to its users"
    )

    @model_validator(mode="after")
    def _tokenizer_of_new_weights(self) -> Self:
        if self.model.architecture is not None and self.tokenizer is None:
            raise ValueError("expected `tokenizer` with new weights (`model.architecture`), found none")
        if self.model.architecture is None and self.tokenizer is not None:
            raise ValueError("expected no `tokenizer` with `model.from`, which has its own; leave it out")
        return self

    @model_validator(mode="after")
    def _validates_a_generator(self) -> Self:
        if self.reads_only and self.validation is not None:
            raise ValueError("expected no `validation` by solving where all sources are read as `prompt: verdict`")
        return self

    @property
    def reads_only(self) -> bool:
        """Whether the model learns to judge solutions by their likelihood, and not to solve."""
        return all(source.prompt == "verdict" for source in self.data)
