"""The runs of a seed: ReST-EM, as many samples in one round, and the references."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.ssft.recipe import SourceSection
from quorum.pipelines.self_training.plan import Round, base_round, next_round
from quorum.pipelines.self_training.recipe import SelfTrainingRecipe
from quorum.pipelines.stages import Done, run_stages
from quorum.terminal import say
from reasoning.training.settings import ModelSection
from recipes.programs import first_stages
from recipes.self_training.recipe import ComparisonRecipe

PROGRAM = {"problem": "problem", "solution": "program"}  # of a problem's row, for a training that learns the references


@dataclass(frozen=True)
class Run:
    """Rounds of one model, the base model first, and their stages."""

    recipe: SelfTrainingRecipe
    rounds: list[Round]
    done: Mapping[str, Done]

    def samples(self, number: int) -> Path:
        """Graded samples of the test problems, of a round."""
        return self.done[self.rounds[number].evaluated["test"].name].output


@dataclass(frozen=True)
class SeedRuns:
    """All runs of a seed; of `references`, the base model is the one that has learned them."""

    rest_em: Run
    once: Run
    references: Run


def run_all(recipe: ComparisonRecipe, stages: Path) -> tuple[list[SeedRuns], Mapping[str, Done]]:
    """Run what is not done yet.

    Args:
        stages: folder of all stages.

    Returns:
        The runs of each seed, and the stages that all share.
    """
    first = run_stages(list(first_stages(recipe.problems, recipe.base).values()), stages, say=say)
    found = []
    for seed in recipe.seeds:
        rest_em = placed(recipe.self_training, first, seed)
        say(f"seed {seed}: {rest_em.rounds} rounds, one round, references")
        found.append(
            SeedRuns(
                rest_em=_run(rest_em, rest_em.rounds, stages),
                once=_run(once(rest_em), 1, stages),
                references=_run(references(rest_em, first["base"].output), 0, stages),
            )
        )
    return found, first


def placed(recipe: SelfTrainingRecipe, first: Mapping[str, Done], seed: int) -> SelfTrainingRecipe:
    """The recipe with the files and the model that the first stages made, and with a seed."""
    train, test = first["problems-train"].output, first["problems-test"].output
    changes: dict[str, Any] = {
        "model": str(first["base"].output),
        "problems": train,
        "test": recipe.test.model_copy(update={"problems": test}),
        "seen": recipe.seen and recipe.seen.model_copy(update={"problems": train}),
        "sampling": recipe.sampling.model_copy(update={"seed": seed}),
        "keep": recipe.keep.model_copy(update={"seed": seed}),
        "training": recipe.training.model_copy(update={"seed": seed}),
    }
    return recipe.model_copy(update=changes)


def once(recipe: SelfTrainingRecipe) -> SelfTrainingRecipe:
    """One round with as many samples as all rounds."""
    sampling = recipe.sampling.model_copy(update={"num_samples": recipe.rounds * recipe.sampling.num_samples})
    return recipe.model_copy(update={"rounds": 1, "sampling": sampling})


def references(recipe: SelfTrainingRecipe, base: Path) -> SelfTrainingRecipe:
    """The same training on the problems' own programs, in place of samples."""
    model = ModelSection.model_validate(recipe.training.model.model_dump(by_alias=True) | {"from": str(base)})
    data = (SourceSection(path=recipe.problems, fields=PROGRAM),)
    training = recipe.training.model_copy(update={"model": model, "data": data})
    return recipe.model_copy(update={"model": None, "supervised": training})


def _run(recipe: SelfTrainingRecipe, number: int, stages: Path) -> Run:
    rounds = [base_round(recipe)]
    done = run_stages(rounds[0].stages, stages, say=say)
    while len(rounds) <= number:
        rounds.append(next_round(recipe, rounds))
        done = run_stages(rounds[-1].stages, stages, say=say, before=done)
    return Run(recipe, rounds, done)
