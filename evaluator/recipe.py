"""The recipe of an evaluator."""

import math
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from reasoning.config import Section
from reasoning.training.settings import LengthSection, LoraSection, ModelSection, OptimizerSection, RunSection


class LossSection(Section):
    """The weight of each term; those of weight 0 are not computed. Each is a mean over its pairs, candidates or steps.

    `sequence_contrastive` with `mle` is Eq. 11 of arXiv:2310.10047, `margin` with `mle` Eq. 12, `cross_entropy` with
    `mle` Eq. 13, the weight of `mle` being their alpha.
    """

    margin: NonNegativeFloat = Field(default=0.0, description="hinge on log S of pairs (Eq. 8)")
    cross_entropy: NonNegativeFloat = Field(default=0.0, description="minus log p(label) of candidates (Eq. 9)")
    listwise: NonNegativeFloat = Field(default=0.0, description="each correct candidate against all incorrect ones")
    steps: NonNegativeFloat = Field(default=0.0, description="a verdict behind each step, where step labels exist")
    steps_at: Literal["lines", "tokens"] = Field(
        default="lines", description="where a step's verdict is asked for: behind its line, or behind each token of it"
    )
    reading: NonNegativeFloat = Field(
        default=0.0, description="minus log p of the correct candidates' tokens within the verdict prompt"
    )
    sequence_contrastive: NonNegativeFloat = Field(
        default=0.0, description="hinge on log p of whole solutions behind the generator's prompt (Eq. 10)"
    )
    mle: NonNegativeFloat = Field(
        default=0.0, description="minus log p of the correct solutions' tokens behind the generator's prompt (Eq. 3)"
    )
    margin_size: NonNegativeFloat = Field(default=math.log(2.0), description="lambda of Eq. 8 and 10")
    weight_by_count: bool = Field(
        default=False, description="let a candidate count in cross_entropy as often as it was sampled"
    )

    @model_validator(mode="after")
    def _teaches_verdicts(self) -> Self:
        if not any((self.margin, self.cross_entropy, self.listwise, self.steps, self.sequence_contrastive)):
            raise ValueError(
                "expected a weight above 0 for one of margin, cross_entropy, listwise, steps, sequence_contrastive"
            )
        return self


class DataSection(Section):
    """Graded samples of the generator."""

    paths: tuple[Path, ...] = Field(
        min_length=1,
        description="files or folders of samples, or of {prompt, completion, label} or {prompt, chosen, rejected}",
    )
    references: Path | None = Field(
        default=None, description="problems with solutions in the samples' style, from which step labels are made"
    )
    disjoint_from: tuple[Path, ...] = Field(
        default=(), description="problems, or manifests of problems, that must not be trained on: those of the test"
    )
    limit: PositiveInt | None = Field(default=None, description="problems at most, from the first")
    max_candidates: PositiveInt | None = Field(
        default=None, description="distinct candidates of a problem at most, correct and incorrect by turns"
    )
    pairs: PositiveInt = Field(default=10, description="(correct, incorrect) pairs of a problem at most")
    mixed_only: bool = Field(
        default=False, description="leave out problems whose candidates are all correct or all incorrect"
    )


class EvaluatorBatchSection(Section):
    """How many tokens a step sees, and how many at once; what a problem's candidates share counts once."""

    tokens: PositiveInt = Field(default=16_384, description="tokens of a step over all processes, padding included")
    micro_tokens: PositiveInt | None = Field(
        default=None, description="tokens of one pass through the model on one process; `tokens` if unset"
    )
    merge: bool = Field(
        default=True, description="compute what candidates share once, where the architecture can; else a row each"
    )


class RankingSection(Section):
    """How checkpoints are compared: AUROC within problems, on samples of problems that are not trained on."""

    paths: tuple[Path, ...] = Field(min_length=1, description="graded samples")
    limit: PositiveInt = Field(default=200, description="problems at most, from the first")
    every: PositiveInt = Field(default=500, description="steps from one validation to the next")
    patience: PositiveInt | None = Field(
        default=None, description="validations without a better one after which training stops; never if unset"
    )


class EvaluatorRecipe(Section):
    """One run of training an evaluator."""

    seed: NonNegativeInt = Field(default=0, description="of the order of the data, pairs, candidates and dropout")
    model: ModelSection = Field(description="where the model comes from: usually the generator's folder")
    lora: LoraSection | None = Field(default=None, description="train adapters; all weights if unset")
    data: DataSection = Field(description="graded samples to learn from")
    loss: LossSection = Field(description="weights of the terms")
    validation: RankingSection | None = Field(
        default=None, description="choose the checkpoint by it; the last one is taken if unset"
    )
    batch: EvaluatorBatchSection = Field(default=EvaluatorBatchSection(), description="tokens of a step")
    length: LengthSection = Field(default=LengthSection(), description="candidates longer than the context")
    optimizer: OptimizerSection = Field(default=OptimizerSection(), description="AdamW and its learning rate")
    run: RunSection = Field(description="length of the run, checkpoints, precision")
    demonstration: str | None = Field(
        default=None, description="what a model that is only a demonstration is good for, said to its users"
    )

    @model_validator(mode="after")
    def _starts_from_a_model(self) -> Self:
        if self.model.from_ is None:
            raise ValueError("model: expected `from`, the generator's folder, found new weights")
        return self
