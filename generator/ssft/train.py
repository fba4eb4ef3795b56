"""The run: from the first step, or the last checkpoint, to the model folder."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from generator.ssft.recipe import SsftRecipe
from generator.ssft.setup import Run, prepare
from reasoning.config import resolved
from reasoning.model_folder import ModelCard, write_card
from reasoning.training.batches import Batch, batches_of_rank, collate, collate_packed
from reasoning.training.checkpoints import checkpoint_folder
from reasoning.training.logits import completion_loss
from reasoning.training.loop import take_steps, train_in
from reasoning.training.metrics import Metrics
from reasoning.training.processes import total
from reasoning.training.progress import Progress, seed_step
from reasoning.training.saving import export, write_model
from reasoning.training.start import precision


def train(recipe: SsftRecipe, folder: Path, *, overwrite: bool = False) -> Path:
    """Run a recipe; where the folder holds a part of the same run, go on from its last checkpoint.

    Args:
        recipe: all settings.
        folder: for everything that the run writes; under torchrun, one that all processes share.
        overwrite: start again.

    Returns:
        The model folder.

    Raises:
        InputError: the recipe, the data or the folder is not what it must be.
        QuorumError: something cannot be written.
    """
    return train_in(
        folder, recipe, overwrite=overwrite, train=lambda run_folder, place: _train(prepare(recipe, run_folder, place))
    )


def _train(run: Run) -> None:
    progress = take_steps(
        run,
        take_step=partial(_take_step, run),
        validate=partial(_validate, run),
    )
    write_model(
        run.engine,
        run.base,
        run.tokenizer,
        _card(run, progress),
        run.folder,
        best_step=progress.best_step,
        precision=run.recipe.run.save_precision,
        place=run.place,
    )


def _take_step(run: Run, step: int, rows: Sequence[int], lr: float) -> tuple[float, float]:
    """Change the weights once; return the step's loss, a mean over its completion tokens, and the gradient's norm."""
    seed_step(seed=run.recipe.seed, step=step, rank=run.place.rank)
    num_targets = run.data.examples.num_targets(rows)
    batches = batches_of_rank(rows, run.plan.lengths, run.recipe.batch, run.place)
    losses = []
    for number, batch_rows in enumerate(batches, 1):
        batch = _batch(run, batch_rows or rows[:1])
        with precision(run.recipe.run, run.place):
            loss = completion_loss(run.engine.model, run.output_layer, batch, num_targets=num_targets)
        if not batch_rows:
            loss = loss * 0.0  # a process without a batch still takes part in the exchange of gradients
        run.engine.backward(loss, last=number == len(batches))
        losses.append(loss.detach())
    norm = run.engine.step(lr)
    return total(float(torch.stack(losses).sum()), run.place), norm


def _batch(run: Run, rows: Sequence[int]) -> Batch:
    if run.recipe.batch.packing:
        return collate_packed(run.data.examples, rows, width=run.row_tokens).to(run.place.device)
    return collate(run.data.examples, rows).to(run.place.device)


def _validate(run: Run, progress: Progress, metrics: Metrics) -> Progress:
    """Export the weights and measure greedy Pass@1 on them, in one process."""
    folder = checkpoint_folder(run.folder.exports, progress.step)
    export(run.engine, run.base, run.tokenizer, folder, precision=run.recipe.run.save_precision, place=run.place)
    accuracy = 0.0
    if run.place.is_first:
        assert run.validation is not None
        write_card(_card(run, progress), folder)
        accuracy = run.validation.accuracy(folder)
    progress = progress.after_validation(total(accuracy, run.place))
    metrics.write(progress.step, {"validation_accuracy": accuracy})
    metrics.say(f"step {progress.step:,}: validation accuracy {accuracy:.1%}, best {progress.best_accuracy:.1%}")
    return progress


def _card(run: Run, progress: Progress) -> ModelCard:
    figures = {
        "num_steps": progress.step,
        "num_tokens": progress.num_tokens,
        "num_examples": len(run.data.examples),
        "num_too_long": run.data.too_long.number,
        "best_step": progress.best_step,
        "validation_accuracy": progress.best_accuracy,
    }
    return ModelCard(
        kind="evaluator" if run.recipe.reads_only else "generator",
        score="likelihood" if run.recipe.reads_only else None,
        chat=run.recipe.chat,
        demonstration=run.recipe.demonstration,
        recipe=resolved(run.recipe),
        figures={name: value for name, value in figures.items() if value is not None},
    )
