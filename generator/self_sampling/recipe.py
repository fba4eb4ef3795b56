"""The recipe of self-sampling."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from reasoning.config import Section
from reasoning.training.settings import LoraSection, ModelSection, OptimizerSection, RunSection

Objective = Literal["mle", "mle-aug", "mml", "beta-mml"]
Kind = Literal["programs", "words"]


class DataSection(Section):
    """Problems with a reference solution each."""

    path: Path = Field(description="file of problem rows with `expected_answer` and `program`, or `solution` for words")
    limit: PositiveInt | None = Field(default=None, description="problems at most, from the first")


class SamplingSection(Section):
    """What is sampled of each problem of a step, from the weights of that step."""

    num_samples: PositiveInt = Field(default=1, description="of a problem, each time a step has it")
    temperature: PositiveFloat = Field(default=0.8, description="of the samples")
    top_p: float = Field(default=1.0, gt=0.0, le=1.0, description="share of the probability mass that is kept")
    top_k: NonNegativeInt = Field(default=0, description="most likely tokens that are kept; 0 keeps all")
    max_tokens: PositiveInt = Field(default=256, description="of one sample")
    first_step: NonNegativeInt = Field(
        default=0, description="steps that are taken before the first sample, for a model that cannot write any yet"
    )


class EvaluationSection(Section):
    """pass@k on problems that are not trained on, every few steps; the best step's weights become the model."""

    path: Path = Field(description="file of problems with expected answers")
    limit: PositiveInt = Field(default=200, description="problems at most, from the first")
    every: PositiveInt = Field(default=1000, description="steps from one evaluation to the next")
    num_samples: PositiveInt = Field(default=100, description="of a problem, for pass@k")
    temperature: PositiveFloat = Field(default=0.8, description="of these samples")
    best_temperature: float = Field(
        default=0.2, ge=0.0, description="of one more sample a problem, whose accuracy decides which step is the best"
    )
    max_tokens: PositiveInt = Field(default=256, description="of one sample")


class BatchSection(Section):
    """How many problems a step sees, and how many tokens at once."""

    problems: PositiveInt = Field(default=32, description="of a step, over all processes")
    micro_tokens: PositiveInt = Field(
        default=16_384,
        description="tokens of one pass through the model, padding included; a problem's solutions stay together",
    )


class SelfSamplingRecipe(Section):
    """One run of self-sampling. Defaults are the paper's, table 3."""

    seed: NonNegativeInt = Field(default=0, description="of the order of the problems, the samples, and dropout")
    model: ModelSection = Field(description="where the model comes from: `from`")
    lora: LoraSection | None = Field(default=None, description="train adapters; all weights if unset")
    data: DataSection = Field(description="the problems to learn from")
    solutions: Kind = Field(default="programs", description="what a solution is: programs, or words")
    partial: bool = Field(
        default=True, description="also learn from partially correct solutions and complete them; of programs only"
    )
    objective: Objective = Field(default="mle-aug", description="mle, mle-aug, mml or beta-mml")
    beta: float = Field(default=0.25, gt=0.0, le=1.0, description="of beta-mml")
    sampling: SamplingSection = Field(default=SamplingSection(), description="what is sampled while training")
    buffers: Path | None = Field(
        default=None, description="solutions to start with: buffers of an earlier run, of TraceCodegen, or samples"
    )
    evaluation: EvaluationSection | None = Field(
        default=None, description="measure pass@k while training; the last weights become the model if unset"
    )
    batch: BatchSection = Field(default=BatchSection(), description="problems of a step")
    optimizer: OptimizerSection = Field(
        default=OptimizerSection(schedule="linear"), description="AdamW and its learning rate"
    )
    run: RunSection = Field(description="length of the run, checkpoints, precision")
    demonstration: str | None = Field(
        default=None, description="what a model that is only a demonstration is good for, said to its users"
    )

    @model_validator(mode="after")
    def _what_goes_together(self) -> Self:
        if self.model.from_ is None:
            raise ValueError("model: expected `from`, found new weights; train those with `quorum train ssft` first")
        if self.partial and self.solutions == "words":
            raise ValueError("partial: expected false for words, which have no states")
        return self

    @property
    def samples(self) -> bool:
        """Whether anything is sampled: MLE learns the references alone."""
        return self.objective != "mle"
