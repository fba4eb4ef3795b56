"""The recipe of the comparison, at several scales."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, NonNegativeInt, PositiveInt

from generator.self_sampling.recipe import EvaluationSection, Objective, SelfSamplingRecipe
from generator.ssft.recipe import SsftRecipe
from reasoning.config import Section
from recipes.scales import at_scale

HERE = Path(__file__).parent

# name -> (objective, whether partially correct solutions are learned); the first one is what the others are held to
ARMS: dict[str, tuple[Objective, bool]] = {
    "mle": ("mle", False),
    "fcs-mle-aug": ("mle-aug", False),
    "fcs-mml": ("mml", False),
    "fcs-beta-mml": ("beta-mml", False),
    "pcs-mle-aug": ("mle-aug", True),
    "pcs-mml": ("mml", True),
    "pcs-beta-mml": ("beta-mml", True),
}


class ProblemsSection(Section):
    """Problems of each kind; those of test and validation have templates that no other has."""

    base: PositiveInt = Field(default=1, description="whose solutions in words a new first model learns")
    train: PositiveInt = Field(description="whose programs every arm learns")
    validation: PositiveInt = Field(description="that decide between the checkpoints of a run")
    test: PositiveInt = Field(description="that everything is measured on")
    most_steps: PositiveInt = Field(default=8, description="calculations of a problem at most")
    seed: NonNegativeInt = Field(default=1, description="another seed, other problems")


class ArmsRecipe(Section):
    """Everything that the comparison trains and measures."""

    problems: ProblemsSection = Field(description="how many of each kind")
    base: SsftRecipe | None = Field(
        default=None, description="a new model that all arms start from; if unset, that of `arm.model.from`"
    )
    arm: SelfSamplingRecipe = Field(description="one run; arms differ in `objective` and `partial` alone")
    seeds: tuple[NonNegativeInt, ...] = Field(default=(0, 1, 2), min_length=1, description="a run of each arm for each")
    test: EvaluationSection = Field(description="pass@k of each run's model on the test problems")


def load_scale(scale: str, overrides: Sequence[str] = ()) -> ArmsRecipe:
    """The recipe at a scale; see `at_scale`."""
    return at_scale(ArmsRecipe, HERE, scale, overrides)
