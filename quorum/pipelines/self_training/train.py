"""The run: rounds until the last one, or until validation stops improving; then what they were worth."""

from pathlib import Path

from quorum.pipelines.self_training.analysis import analyse, best_round, is_over, to_json, validation_accuracy
from quorum.pipelines.self_training.document import conclusion, to_markdown
from quorum.pipelines.self_training.plan import Round, base_round, next_round, transfer_stages
from quorum.pipelines.self_training.recipe import SelfTrainingRecipe
from quorum.pipelines.stages import Done, Stage, run_stages
from quorum.terminal import say
from reasoning.config import write_recipe
from reasoning.errors import InputError
from reasoning.formats.write import atomic_file
from reasoning.problems import check_disjoint, read_manifest


def train(recipe: SelfTrainingRecipe, folder: Path, *, overwrite: bool = False) -> Path:
    """Run a recipe, stage by stage; stages that are done are not run again.

    Args:
        recipe: all settings.
        folder: for everything that is written: `stages/`, the recipe, and at the end `analysis.md` and
            `analysis.json`.
        overwrite: remove what earlier runs left in `stages/`.

    Returns:
        The model folder of the best round on validation, or of the last one; the base model's name where no round is
        better than it.

    Raises:
        InputError: the recipe, a file it names or the folder is not what it must be.
        QuorumError: nothing is left to learn from, or something cannot be written.
    """
    stages = folder / "stages"
    if (folder / "recipe.yaml").exists() and not stages.exists():
        raise InputError(f"{folder}: expected an empty folder or one of self-training, found another run; take another")
    _check_apart(recipe)
    write_recipe(recipe, folder / "recipe.yaml")
    base = base_round(recipe)
    done = run_stages(base.stages, stages, say=say, overwrite=overwrite)
    rounds, accuracies = [base], [validation_accuracy(base, done, seed=recipe.seed)]
    while len(rounds) <= recipe.rounds and not is_over(accuracies, recipe.patience):
        rounds.append(next_round(recipe, rounds))
        say(f"round {len(rounds) - 1} of {recipe.rounds}")
        done = run_stages(rounds[-1].stages, stages, say=say, before=done)
        accuracies.append(validation_accuracy(rounds[-1], done, seed=recipe.seed))
    return _finish(recipe, rounds, done, best_round(accuracies), folder)


def _finish(recipe: SelfTrainingRecipe, rounds: list[Round], done: dict[str, Done], chosen: int, folder: Path) -> Path:
    """Measure, and write what was found."""
    transfer: dict[int, Stage] = {}
    if recipe.transfer is not None:
        for number in sorted({0, chosen}):
            of_round = transfer_stages(recipe, [rounds[number]])
            done = run_stages(of_round, folder / "stages", say=say, before=done)
            transfer[number] = of_round[-1]
    analysis = analyse(recipe, rounds, done, chosen=chosen, transfer=transfer, folder=folder)
    for name, content in (("analysis.md", to_markdown(analysis).encode()), ("analysis.json", to_json(analysis))):
        with atomic_file(folder / name) as file:
            file.write(content)
    say(conclusion(analysis))
    model = rounds[chosen].model
    return done[model.name].output if isinstance(model, Stage) else Path(model)


def _check_apart(recipe: SelfTrainingRecipe) -> None:
    """Refuse to learn from what is measured on."""
    training = read_manifest(recipe.problems)
    for path in recipe.files_to_keep_apart:
        check_disjoint(
            training=training, testing=read_manifest(path), training_name=str(recipe.problems), testing_name=str(path)
        )
