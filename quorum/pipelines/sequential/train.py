"""The run of a sequence."""

import json
from pathlib import Path

from quorum.pipelines.sequential.comparison import COMPARISON
from quorum.pipelines.sequential.plan import SEQUENCE, sequential_stages
from quorum.pipelines.sequential.recipe import SequentialRecipe
from quorum.pipelines.stages import run_stages
from quorum.terminal import say
from reasoning.config import write_recipe
from reasoning.errors import InputError
from reasoning.formats.write import atomic_file


def train(recipe: SequentialRecipe, folder: Path, *, overwrite: bool = False) -> Path:
    """Run a recipe, stage by stage; stages that are done are not run again.

    Args:
        recipe: all settings.
        folder: for everything that is written: `stages/`, the recipe, and at the end `comparison.md` and
            `comparison.json`.
        overwrite: remove what earlier runs left in `stages/`.

    Returns:
        The model folder of the generator that the sequence ends with.

    Raises:
        InputError: the recipe, a file it names or the folder is not what it must be.
        QuorumError: something cannot be written.
    """
    stages = folder / "stages"
    if (folder / "recipe.yaml").exists() and not stages.exists():
        raise InputError(f"{folder}: expected an empty folder or one of a sequence, found another run; take another")
    write_recipe(recipe, folder / "recipe.yaml")
    done = run_stages(sequential_stages(recipe), stages, say=say, overwrite=overwrite)
    compared = done[COMPARISON].output
    for path in (compared.with_name("comparison.md"), compared):
        with atomic_file(folder / path.name) as file:
            file.write(path.read_bytes())
    say(json.loads(compared.read_bytes())["conclusion"])
    return done[SEQUENCE].output
