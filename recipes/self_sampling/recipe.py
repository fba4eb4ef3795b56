"""The recipe of the comparison, at several scales."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, NonNegativeInt

from generator.self_sampling.recipe import EvaluationSection, Objective, SelfSamplingRecipe
from generator.ssft.recipe import SsftRecipe
from reasoning.config import Section
from recipes.programs import ProblemsSection
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


class ArmsRecipe(Section):
    """Everything that the comparison trains and measures."""

    problems: ProblemsSection = Field(description="how many of each kind")
    base: SsftRecipe = Field(description="the model that all arms start from, trained on `problems.base`")
    arm: SelfSamplingRecipe = Field(description="one run; arms differ in `objective` and `partial` alone")
    seeds: tuple[NonNegativeInt, ...] = Field(default=(0, 1, 2), min_length=1, description="a run of each arm for each")
    test: EvaluationSection = Field(description="pass@k of each run's model on the test problems")


def load_scale(scale: str, overrides: Sequence[str] = ()) -> ArmsRecipe:
    """The recipe at a scale; see `at_scale`."""
    return at_scale(ArmsRecipe, HERE, scale, overrides)
