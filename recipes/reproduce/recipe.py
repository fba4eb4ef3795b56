"""The recipe of the reproduction, at several scales."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from evaluator.recipe import EvaluatorRecipe
from generator.ssft.recipe import SsftRecipe
from quorum.pipelines.sequential.recipe import AgainSection, check_places, with_places
from quorum.pipelines.work import SamplesSection
from reasoning.config import Section
from reasoning.training.settings import ModelSection
from recipes.scales import at_scale

HERE = Path(__file__).parent
STYLES = ("terse", "fine")
READER_DATA = tuple(f"reader-{style}" for style in STYLES)


class ProblemsSection(Section):
    """Problems of each kind. The generators see one half of the templates, the evaluators' samples are of the other."""

    generator: PositiveInt = Field(description="that the generators learn from, each in both styles")
    evaluator: PositiveInt = Field(description="whose samples the evaluators learn from")
    reader: PositiveInt = Field(description="of all templates, that the likelihood evaluator reads in both styles")
    checkpoints: PositiveInt = Field(description="that decide between the generators' checkpoints")
    validation: PositiveInt = Field(
        description="that decide between evaluators' checkpoints and strategies' parameters"
    )
    test: PositiveInt = Field(description="that everything is measured on")
    most_steps: PositiveInt = Field(default=8, description="calculations of a problem at most")
    seed: NonNegativeInt = Field(default=1, description="another seed, other problems")


class ReproduceRecipe(Section):
    """Everything that the reproduction trains and samples."""

    problems: ProblemsSection = Field(description="how many of each kind")
    generator: SsftRecipe = Field(description="the generator that learns both styles; others are made from it")
    small: ModelSection = Field(description="shape of the other generator")
    samples: SamplesSection = Field(description="that evaluators learn from")
    validation_samples: SamplesSection = Field(description="on the validation problems")
    evaluator: EvaluatorRecipe = Field(description="with the cross-entropy loss; the other arm has the margin loss")
    reader: SsftRecipe = Field(description="the evaluator that scores by likelihood, which the paper does not have")
    again: AgainSection = Field(default=AgainSection(), description="the second training as generator")
    test: SamplesSection = Field(description="on the test problems")
    seed: NonNegativeInt = Field(default=0, description="of resamples and of drawn signs in tests")

    @model_validator(mode="before")
    @classmethod
    def _places_of_the_evaluator(cls, fields: Any) -> Any:
        return with_places(fields)

    @model_validator(mode="after")
    def _known_places(self) -> Self:
        check_places(self.evaluator, validation_samples=self.validation_samples)
        if tuple(str(source.path) for source in self.generator.data) != STYLES or self.generator.validation is None:
            raise ValueError("generator: expected the data `terse` and `fine`, and a validation")
        if tuple(str(source.path) for source in self.reader.data) != READER_DATA or not self.reader.reads_only:
            raise ValueError(f"reader: expected the data {' and '.join(READER_DATA)}, read as `prompt: verdict`")
        return self


def load_scale(scale: str, overrides: Sequence[str] = ()) -> ReproduceRecipe:
    """The recipe at a scale; see `at_scale`."""
    return at_scale(ReproduceRecipe, HERE, scale, overrides)
