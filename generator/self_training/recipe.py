"""The settings of one round: what is drawn, and what of it is learnt from."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from reasoning.config import Section
from reasoning.engines import SamplingParams

Grading = Literal["text", "program", "tests"]


class SamplingSection(Section):
    """The samples of a round (the E-step)."""

    num_samples: PositiveInt = Field(default=32, description="samples of a problem; of a wave, where trials differ")
    temperature: NonNegativeFloat = Field(default=0.7, description="of the samples; 0 is greedy, one sample a problem")
    top_p: float = Field(default=1.0, gt=0.0, le=1.0, description="share of the probability mass that is kept")
    top_k: NonNegativeInt = Field(default=40, description="most likely tokens that are kept; 0 keeps all")
    max_tokens: PositiveInt = Field(default=512, description="of one sample")
    seed: NonNegativeInt = Field(default=0, description="of the samples; every round has another one made from it")
    examples: Path | None = Field(
        default=None,
        description="problems with solutions put before each problem, for a model that this run has not trained",
    )
    problems_per_call: PositiveInt = Field(default=32, description="problems at a time; what a kill costs at most")

    @model_validator(mode="after")
    def _one_greedy_sample(self) -> Self:
        if self.temperature == 0 and self.num_samples > 1:
            raise ValueError("expected `num_samples: 1` at temperature 0, where all samples are the same")
        return self

    @property
    def params(self) -> SamplingParams:
        return SamplingParams(self.temperature, self.top_p, self.top_k, self.max_tokens)


class TrialsSection(Section):
    """More samples for harder problems, wave by wave (arXiv:2407.13690)."""

    by: Literal["uniform", "proportional"] = Field(
        default="uniform",
        description="uniform wants as many correct samples of every problem; proportional wants a share of them, that "
        "of wrong samples in the first wave",
    )
    num_correct: PositiveInt = Field(default=4, description="correct samples wanted of a problem, the hardest ones")
    most_samples: PositiveInt = Field(default=128, description="samples of a problem at most")


class KeepSection(Section):
    """Which samples are learnt from. The reward of a sample is 1 if it is correct, else 0; or an evaluator's score."""

    evaluator: Path | None = Field(default=None, description="model folder whose scores are the rewards")
    thresholds: tuple[float, ...] = Field(
        default=(1.0,),
        min_length=1,
        description="lowest reward that is kept, by round; the last one from then on. 0 where the best by an evaluator "
        "are kept",
    )
    per_problem: PositiveInt | None = Field(default=10, description="samples of a problem at most; all if null")
    choose: Literal["random", "best"] = Field(
        default="random", description="which of more: drawn with the seed, or those of the highest reward"
    )
    distinct: Literal["text", "calculations"] | None = Field(
        default=None, description="keep one of samples with the same text but for white space, or the same calculations"
    )
    weight_temperature: PositiveFloat | None = Field(
        default=None, description="see a sample in proportion to exp(reward / this); all alike if null"
    )
    seed: NonNegativeInt = Field(default=0, description="of random choices")

    @model_validator(mode="before")
    @classmethod
    def _threshold_of_scores(cls, fields: Any) -> Any:
        """Scores hardly ever are 1, so where they are the rewards, only the best of a problem need no threshold."""
        if not isinstance(fields, dict) or fields.get("evaluator") is None or "thresholds" in fields:
            return fields
        if fields.get("choose") != "best":
            raise ValueError("expected `thresholds` with `evaluator`, whose scores are in [0, 1]; as [0.5]")
        return {**fields, "thresholds": (0.0,)}

    def threshold(self, round_number: int) -> float:
        """The lowest reward kept in a round, counted from 1."""
        return self.thresholds[min(round_number, len(self.thresholds)) - 1]
