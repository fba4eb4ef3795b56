"""The run: from the first step, or the last checkpoint, to the evaluator's folder."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from evaluator.items import make_item
from evaluator.objective import counts_of
from evaluator.pairs import PAIRING_RULE
from evaluator.recipe import EvaluatorRecipe
from evaluator.setup import Run, prepare
from reasoning.config import resolved
from reasoning.model_folder import ModelCard, write_card
from reasoning.training.batches import batches_of_rank
from reasoning.training.checkpoints import checkpoint_folder
from reasoning.training.loop import take_steps, train_in
from reasoning.training.metrics import Metrics
from reasoning.training.processes import total
from reasoning.training.progress import Progress, seed_step
from reasoning.training.saving import export, write_model
from reasoning.training.start import precision


def train(recipe: EvaluatorRecipe, folder: Path, *, overwrite: bool = False) -> Path:
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


def _take_step(run: Run, step: int, groups: Sequence[int], lr: float) -> tuple[float, float]:
    """Change the weights once; return the step's loss and the gradient's norm."""
    seed_step(seed=run.recipe.seed, step=step, rank=run.place.rank)
    items = {group: make_item(run.data.groups[group], run.verdict, run.recipe) for group in groups}
    counts = counts_of(list(items.values()), run.recipe.loss)
    batches = batches_of_rank(groups, run.plan.lengths, run.recipe.batch, run.place)
    losses = []
    for number, batch in enumerate(batches, 1):
        chosen = [items[group] for group in batch or groups[:1]]
        with precision(run.recipe.run, run.place):
            loss = run.objective(run.engine.model, run.output_layer, chosen, counts)
        if not batch:
            loss = loss * 0.0  # a process without a batch still takes part in the exchange of gradients
        run.engine.backward(loss, last=number == len(batches))
        losses.append(loss.detach())
    norm = run.engine.step(lr)
    return total(float(torch.stack(losses).sum()), run.place), norm


def _validate(run: Run, progress: Progress, metrics: Metrics) -> Progress:
    """Export the weights and measure AUROC within problems on them, in one process."""
    folder = checkpoint_folder(run.folder.exports, progress.step)
    export(run.engine, run.base, run.tokenizer, folder, precision=run.recipe.run.save_precision, place=run.place)
    within = overall = 0.0
    if run.place.is_first:
        assert run.validation is not None
        write_card(_card(run, progress), folder)
        within, overall = run.validation.aurocs(folder, run.verdict.audit, run.place.device)
    progress = progress.after_validation(total(within, run.place))
    metrics.write(progress.step, {"validation_auroc_within": within, "validation_auroc": overall})
    metrics.say(
        f"step {progress.step:,}: AUROC within problems {within:.3f}, best {progress.best_accuracy:.3f}; "
        f"over all samples {overall:.3f}"
    )
    return progress


def _card(run: Run, progress: Progress) -> ModelCard:
    loss = run.recipe.loss
    figures: dict[str, Any] = {
        "num_steps": progress.step,
        "num_tokens": progress.num_tokens,
        "balance": asdict(run.data.balance),
        "num_candidates": sum(len(group.candidates) for group in run.data.groups),
        "num_too_long": run.data.num_too_long,
        "pairing_rule": PAIRING_RULE if loss.margin or loss.sequence_contrastive else None,
        "best_step": progress.best_step,
        "validation_auroc_within": progress.best_accuracy,
    }
    return ModelCard(
        kind="evaluator",
        demonstration=run.recipe.demonstration,
        label_audit=run.verdict.audit.to_json(),
        recipe=resolved(run.recipe),
        figures={name: value for name, value in figures.items() if value is not None},
    )
