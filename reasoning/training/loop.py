"""The course of a run: its folder, its steps with their checkpoints and validations, and the model at the end."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel
from transformers.utils import logging

from reasoning.training.engine import Engine
from reasoning.training.metrics import Metrics
from reasoning.training.plan import Plan
from reasoning.training.processes import Place, this_place
from reasoning.training.progress import Progress, check_finite
from reasoning.training.run_folder import RunFolder, enter_run_folder
from reasoning.training.saving import load_checkpoint, save_checkpoint
from reasoning.training.settings import OptimizerSection, RunSection
from reasoning.training.start import lr_of_step


class ValidationSchedule(Protocol):
    """When checkpoints are compared."""

    @property
    def every(self) -> int: ...

    @property
    def patience(self) -> int | None: ...


class PlannedRecipe(Protocol):
    """The sections by which steps go."""

    @property
    def run(self) -> RunSection: ...

    @property
    def optimizer(self) -> OptimizerSection: ...

    @property
    def validation(self) -> ValidationSchedule | None: ...


class PlannedRun(Protocol):
    """A run whose steps are planned from the lengths of its examples."""

    @property
    def recipe(self) -> PlannedRecipe: ...

    @property
    def engine(self) -> Engine: ...

    @property
    def plan(self) -> Plan: ...

    @property
    def num_steps(self) -> int: ...

    @property
    def folder(self) -> RunFolder: ...

    @property
    def place(self) -> Place: ...


def train_in(
    folder: Path,
    recipe: BaseModel,
    *,
    overwrite: bool,
    train: Callable[[RunFolder, Place], None],
    remove: Callable[[], None] | None = None,
) -> Path:
    """Train in a folder where there is no model yet.

    Args:
        folder: for everything that the run writes; under torchrun, one that all processes share.
        recipe: all settings.
        overwrite: start again.
        train: begins, or goes on from the last checkpoint, and writes the model.
        remove: with `overwrite`, what the run writes beside what every run does.

    Returns:
        The model folder.

    Raises:
        InputError: see `enter_run_folder`.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # of reading and writing weights
    run_folder = RunFolder(folder)
    place = this_place()
    with enter_run_folder(run_folder, recipe, place, overwrite=overwrite):
        if overwrite and place.is_first and remove is not None:
            remove()
        if run_folder.model.exists():
            place.say(f"{run_folder.model} is there already; --overwrite trains it again")
        else:
            train(run_folder, place)
    return run_folder.model


def take_steps(
    run: PlannedRun,
    *,
    take_step: Callable[[int, Sequence[int], float], tuple[float, float]],
    validate: Callable[[Progress, Metrics], Progress],
) -> Progress:
    """Take the steps that are left after the last checkpoint.

    Args:
        take_step: changes the weights once, from (step, examples, learning rate); gives the loss and the gradient's
            norm.
        validate: measures the weights.

    Raises:
        QuorumError: a loss that is no number.
    """
    progress = load_checkpoint(run.engine, run.folder, run.place)
    if progress.step:
        run.place.say(f"going on after step {progress.step:,} of {run.num_steps:,}")
    with Metrics(run.folder, run.place, first_step=progress.step, num_steps=run.num_steps) as metrics:
        return _steps(run, progress, metrics, take_step, validate)


def _steps(
    run: PlannedRun,
    progress: Progress,
    metrics: Metrics,
    take_step: Callable[[int, Sequence[int], float], tuple[float, float]],
    validate: Callable[[Progress, Metrics], Progress],
) -> Progress:
    every, validation = run.recipe.run, run.recipe.validation
    for step, examples in run.plan.steps(progress.step, run.num_steps):
        if validation and validation.patience is not None and progress.num_worse >= validation.patience:
            metrics.say(f"no better for {progress.num_worse} validations; the best is step {progress.best_step:,}")
            break
        lr = lr_of_step(run.recipe.optimizer, step, num_steps=run.num_steps)
        loss, norm = take_step(step, examples, lr)
        check_finite(loss, step)
        num_tokens = sum(run.plan.lengths[example] for example in examples)
        progress = progress.after_step(num_tokens)
        rate = metrics.count(num_tokens)
        metrics.show(progress.step, f"loss {loss:.4f}  {rate:,.0f} tokens/s")

        last = progress.step == run.num_steps
        if last or progress.step % every.log_every == 0:
            metrics.write(progress.step, {"loss": loss, "lr": lr, "gradient_norm": norm, "tokens_per_s": rate})
        validates = validation is not None and (last or progress.step % validation.every == 0)
        if validates:
            progress = validate(progress, metrics)
        if last or validates or progress.step % every.checkpoint_every == 0:
            save_checkpoint(run.engine, progress, run.folder, run.place)
    return progress
