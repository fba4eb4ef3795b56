"""The recipe of a sequence."""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from evaluator.recipe import EvaluatorRecipe
from generator.ssft.recipe import SsftRecipe
from quorum.pipelines.work import SamplesSection
from reasoning.config import Section
from reasoning.training.settings import OptimizerSection

GENERATOR, SAMPLES, VALIDATION_SAMPLES = "generator", "samples", "validation-samples"  # stages, named in the recipe


class AgainSection(Section):
    """The further steps as generator: in the sequence from the evaluator's weights, in the control from its own.

    All else is as in the `generator` section, the data too.
    """

    max_steps: PositiveInt = Field(default=200, description="steps; the paper takes about 200")
    optimizer: OptimizerSection = Field(default=OptimizerSection(), description="AdamW and its learning rate")
    seed: NonNegativeInt = Field(default=1, description="of the order of the data; another one than the generator's")
    validate_every: PositiveInt = Field(
        default=50, description="steps from one validation to the next, where the generator has one"
    )


class SequentialRecipe(Section):
    """Generator, evaluator, generator again; and the control, which leaves the evaluator out."""

    generator: SsftRecipe = Field(description="the first training as generator")
    samples: SamplesSection = Field(description="samples of the generator that the evaluator learns from")
    validation_samples: SamplesSection | None = Field(
        default=None, description="samples of the generator on which the evaluator's checkpoints are compared"
    )
    evaluator: EvaluatorRecipe = Field(
        description="the training as evaluator; without `model`, `data.paths` and `validation.paths`, which are the "
        "generator and its samples"
    )
    again: AgainSection = Field(default=AgainSection(), description="the second training as generator")
    test: SamplesSection = Field(description="samples on which sequence and control are compared, a greedy one too")

    @model_validator(mode="before")
    @classmethod
    def _places_of_the_evaluator(cls, fields: Any) -> Any:
        return with_places(fields)

    @model_validator(mode="after")
    def _evaluator_of_this_generator(self) -> Self:
        check_places(self.evaluator, validation_samples=self.validation_samples)
        return self

    @property
    def files_to_keep_apart(self) -> tuple[Path, ...]:
        """Problems that the evaluator must not learn from."""
        validation = () if self.validation_samples is None else (self.validation_samples.problems,)
        return (self.test.problems, *validation)


def with_places(fields: Any) -> Any:
    """A recipe's fields with the evaluator's model and samples, which are those of earlier stages, named."""
    evaluator = fields.get("evaluator") if isinstance(fields, dict) else None
    if not isinstance(evaluator, dict):
        return fields
    data, validation = evaluator.get("data") or {}, evaluator.get("validation")
    evaluator = {"model": {"from": GENERATOR}, **evaluator}
    if isinstance(data, dict):
        evaluator["data"] = {"paths": [SAMPLES], **data}
    if isinstance(validation, dict):
        evaluator["validation"] = {"paths": [VALIDATION_SAMPLES], **validation}
    return {**fields, "evaluator": evaluator}


def check_places(evaluator: EvaluatorRecipe, *, validation_samples: SamplesSection | None) -> None:
    """Refuse an evaluator of another generator or of other samples.

    Raises:
        ValueError: for pydantic.
    """
    if evaluator.model.from_ != GENERATOR:
        raise ValueError("evaluator: expected no `model`, since it starts from the generator; leave it out")
    if evaluator.data.paths != (Path(SAMPLES),):
        raise ValueError("evaluator: expected no `data.paths`, since it learns from `samples`; leave it out")
    if evaluator.validation is None:
        return
    if evaluator.validation.paths != (Path(VALIDATION_SAMPLES),):
        raise ValueError("evaluator: expected no `validation.paths`, since `validation_samples` are; leave it out")
    if validation_samples is None:
        raise ValueError("expected `validation_samples` for `evaluator.validation`, found none; give both or neither")
