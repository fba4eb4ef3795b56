"""The recipe of the comparison, at several scales."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, NonNegativeInt

from generator.ssft.recipe import SsftRecipe
from quorum.pipelines.self_training.recipe import SelfTrainingRecipe
from reasoning.config import Section
from recipes.programs import ProblemsSection
from recipes.scales import at_scale

HERE = Path(__file__).parent


class ComparisonRecipe(Section):
    """Everything that the comparison trains and measures."""

    problems: ProblemsSection = Field(description="how many of each kind")
    base: SsftRecipe = Field(description="the model that all runs start from, trained on `problems.base`")
    self_training: SelfTrainingRecipe = Field(
        description="ReST-EM; its controls have its training, and one of them as many samples in one round as it in all"
    )
    seeds: tuple[NonNegativeInt, ...] = Field(default=(0, 1, 2), min_length=1, description="all runs for each")


def load_scale(scale: str, overrides: Sequence[str] = ()) -> ComparisonRecipe:
    """The recipe at a scale; see `at_scale`."""
    return at_scale(ComparisonRecipe, HERE, scale, overrides)
