"""What a run writes on its way: checkpoints to go on from, and model folders to sample from."""

import shutil
from collections.abc import Callable
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reasoning.model_folder import ModelCard, write_card
from reasoning.training.checkpoints import (
    checkpoint_folder,
    checkpoint_steps,
    prune,
    whole_folder,
    whole_folder_of_all,
)
from reasoning.training.engine import Engine
from reasoning.training.models import Precision, save_model
from reasoning.training.processes import Place, wait_for_all
from reasoning.training.progress import Progress, read_progress, write_progress
from reasoning.training.run_folder import RunFolder


def save_checkpoint(
    engine: Engine,
    progress: Progress,
    folder: RunFolder,
    place: Place,
    *,
    also: Callable[[Path], None] | None = None,
) -> None:
    """Write a checkpoint; keep the last two, and the exports that these name as the best.

    Args:
        also: writes what else the checkpoint is to hold into its folder. Every process calls it.
    """
    with whole_folder_of_all(checkpoint_folder(folder.checkpoints, progress.step), place) as part:
        engine.save(part)
        if also is not None:
            also(part)
        if place.is_first:
            write_progress(progress, part)
    if place.is_first:
        prune(folder.checkpoints)
        _prune_exports(folder)


def load_checkpoint(engine: Engine, folder: RunFolder, place: Place) -> Progress:
    """Put the last whole checkpoint into the engine; where there is none, the run is at its start."""
    steps = checkpoint_steps(folder.checkpoints)
    if not steps:
        return Progress()
    last = checkpoint_folder(folder.checkpoints, steps[-1])
    engine.load(last)
    return read_progress(last)


def export(
    engine: Engine,
    base: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    *,
    precision: Precision,
    place: Place,
) -> None:
    """Write the weights as a Hugging Face folder. Every process calls it.

    Args:
        base: the model as transformers has it, without adapters; it gives the configuration.
    """
    weights = engine.weights()
    if place.is_first:
        with whole_folder(folder) as part:
            save_model(base, weights, tokenizer, part, precision=precision)
    wait_for_all(place)


def write_model(
    engine: Engine,
    base: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    card: ModelCard,
    folder: RunFolder,
    *,
    best_step: int | None,
    precision: Precision,
    place: Place,
) -> None:
    """Write the run's model folder: the weights that were the best on validation, else the last ones."""
    weights = engine.weights() if best_step is None else {}
    if place.is_first:
        with whole_folder(folder.model) as part:
            if best_step is None:
                save_model(base, weights, tokenizer, part, precision=precision)
            else:
                shutil.copytree(checkpoint_folder(folder.exports, best_step), part, dirs_exist_ok=True)
            write_card(card, part)
    wait_for_all(place)


def _prune_exports(folder: RunFolder) -> None:
    kept = [checkpoint_folder(folder.checkpoints, step) for step in checkpoint_steps(folder.checkpoints)]
    named = {read_progress(checkpoint).best_step for checkpoint in kept}
    for step in checkpoint_steps(folder.exports):
        if step not in named:
            shutil.rmtree(checkpoint_folder(folder.exports, step))
