"""The run: from the first step, or the last checkpoint, to the model folder.

Source: arXiv:2205.14318, ICLR 2023 version, Alg. 1 and 3.
"""

import shutil
import time
from pathlib import Path

import torch
from torch import Tensor, distributed

from generator.self_sampling.buffer import OUTCOMES
from generator.self_sampling.buffers import merge_files
from generator.self_sampling.exploring import explore
from generator.self_sampling.losses import problem_losses, solution_logprobs
from generator.self_sampling.policy import SHARED, policy
from generator.self_sampling.problems import TrainingProblem
from generator.self_sampling.recipe import SelfSamplingRecipe
from generator.self_sampling.report import write_report
from generator.self_sampling.setup import Run, prepare
from generator.self_sampling.tokens import Ids, split_groups
from reasoning.config import resolved
from reasoning.engines.loading import load_model
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.formats import write_rows
from reasoning.model_folder import ModelCard, write_card
from reasoning.training.batches import collate
from reasoning.training.checkpoints import checkpoint_folder
from reasoning.training.examples import to_examples
from reasoning.training.logits import target_logprobs
from reasoning.training.loop import train_in
from reasoning.training.metrics import Metrics
from reasoning.training.processes import total
from reasoning.training.progress import Progress, check_finite, seed_step
from reasoning.training.saving import export, load_checkpoint, save_checkpoint, write_model
from reasoning.training.start import lr_of_step, precision

Group = list[tuple[Ids, Ids]]
BUFFERS = "buffers.jsonl"  # in the run's folder, when the run is done
EVALUATIONS = "evaluations"  # the samples of each evaluation
REPORT = "report"


def train(recipe: SelfSamplingRecipe, folder: Path, *, overwrite: bool = False) -> Path:
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
        folder,
        recipe,
        overwrite=overwrite,
        train=lambda run_folder, place: _train(prepare(recipe, run_folder, place)),
        remove=lambda: _remove_results(folder),
    )


def _train(run: Run) -> None:
    progress = load_checkpoint(run.engine, run.folder, run.place)
    if progress.step:
        checkpoint = checkpoint_folder(run.folder.checkpoints, progress.step)
        run.buffers.read(sorted(checkpoint.glob(f"*{BUFFERS}")))
        run.place.say(f"going on after step {progress.step:,} of {run.num_steps:,}")
    with Metrics(run.folder, run.place, first_step=progress.step, num_steps=run.num_steps) as metrics:
        progress = _loop(run, progress, metrics)
    if run.place.is_first:
        _finish(run)
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


def _loop(run: Run, progress: Progress, metrics: Metrics) -> Progress:
    """Take the steps that are left."""
    every, evaluation = run.recipe.run, run.recipe.evaluation
    for step, numbers in run.order.steps(progress.step, run.num_steps):
        seed_step(seed=run.recipe.seed, step=step, rank=run.place.rank)
        problems = [run.problems[number] for number in numbers]
        start = time.monotonic()
        if run.recipe.samples and step >= run.recipe.sampling.first_step:
            _explore(run, step, problems)
        sampled = time.monotonic()
        lr = lr_of_step(run.recipe.optimizer, step, num_steps=run.num_steps)
        loss, norm, num_tokens = _take_step(run, problems, lr)
        check_finite(loss, step)
        progress = progress.after_step(num_tokens)
        rate = metrics.count(num_tokens)
        metrics.show(progress.step, f"loss {loss:.4f}  {rate:,.0f} tokens/s")

        last = progress.step == run.num_steps
        if last or progress.step % every.log_every == 0:
            share = (sampled - start) / (time.monotonic() - start)
            values = {"loss": loss, "lr": lr, "gradient_norm": norm, "tokens_per_s": rate, "sampling_share": share}
            figures = _buffer_figures(run)
            metrics.write(progress.step, values | figures)
            if progress.step == every.log_every:
                _warn_of_failures(figures, metrics)
        evaluates = evaluation is not None and (last or progress.step % evaluation.every == 0)
        if evaluates:
            progress = _evaluate(run, progress, metrics)
        if last or evaluates or progress.step % every.checkpoint_every == 0:
            save_checkpoint(run.engine, progress, run.folder, run.place, also=lambda part: _write_buffers(run, part))
    return progress


def _explore(run: Run, step: int, problems: list[TrainingProblem]) -> None:
    """Sample from the weights as they are, and add what is new to this process's buffers."""
    own = [problem for problem in problems if run.is_own(problem)]
    with policy(run.engine, run.base, run.tokenizer, run=run.recipe.run, folder=run.folder, place=run.place) as sampler:
        texts = explore(sampler, own, run.buffers, run.recipe, step=step)
    run.buffers.add(texts)


def _take_step(run: Run, problems: list[TrainingProblem], lr: float) -> tuple[float, float, int]:
    """Change the weights once; return the mean loss over the step's problems, the gradient's norm, and the tokens."""
    groups = [_group(run, problem) for problem in problems if run.is_own(problem)]
    sizes = [[len(prompt) + len(completion) for prompt, completion in group] for group in groups]
    batches = split_groups(sizes, tokens=run.recipe.batch.micro_tokens) if groups else []
    num_batches = _largest(len(batches), run)
    losses = []
    for number in range(num_batches):
        if number < len(batches):
            loss = _loss(run, [groups[group] for group in batches[number]]).sum() / len(problems)
        else:  # a process without a batch still takes part in the exchange of gradients
            loss = _loss(run, [_group(run, next(p for p in run.problems if run.is_own(p)))]).sum() * 0.0
        run.engine.backward(loss, last=number == num_batches - 1)
        losses.append(loss.detach())
    norm = run.engine.step(lr)
    num_tokens = total(sum(map(sum, sizes)), run.place)
    return total(float(torch.stack(losses).sum()), run.place), norm, int(num_tokens)


def _group(run: Run, problem: TrainingProblem) -> Group:
    """What is learned of one problem, the reference first."""
    if run.recipe.objective == "mle":
        return run.tokens.pairs(problem, [problem.reference], [])
    buffer = run.buffers[problem.id]
    return run.tokens.pairs(problem, buffer.correct, buffer.partial)


def _loss(run: Run, groups: list[Group]) -> Tensor:
    """The loss of each problem of a batch, [P]."""
    pairs = [pair for group in groups for pair in group]
    batch = collate(to_examples(pairs), range(len(pairs))).to(run.place.device)
    with precision(run.recipe.run, run.place):
        logprobs_N = target_logprobs(run.engine.model, run.output_layer, batch)
    logprobs_E = solution_logprobs(logprobs_N, batch.example_N, num_solutions=len(pairs))
    return problem_losses(logprobs_E, [len(group) for group in groups], run.recipe.objective, beta=run.recipe.beta)


def _evaluate(run: Run, progress: Progress, metrics: Metrics) -> Progress:
    """Export the weights and measure pass@k on them, in one process."""
    folder = checkpoint_folder(run.folder.exports, progress.step)
    export(run.engine, run.base, run.tokenizer, folder, precision=run.recipe.run.save_precision, place=run.place)
    figures: dict[str, float] = {}
    if run.place.is_first:
        assert run.evaluation is not None
        write_card(_card(run, progress), folder)
        engine = TransformersEngine(load_model(str(folder), kind="generator"))
        scores, rows = run.evaluation.scores(engine, name=folder.name)
        figures = scores.means()
        write_rows(rows, run.folder.path / EVALUATIONS / f"{folder.name}.jsonl.gz")
        metrics.write(progress.step, figures)
        metrics.say(f"step {progress.step:,}: " + ", ".join(f"{name} {value:.1%}" for name, value in figures.items()))
    return progress.after_validation(total(figures.get("validation_accuracy", 0.0), run.place))


def _buffer_figures(run: Run) -> dict[str, float]:
    """Solutions a problem, and how many samples had each outcome so far, over all processes."""
    num_problems = len(run.problems)
    figures = {
        "correct_per_problem": total(run.buffers.num_correct, run.place) / num_problems,
        "partial_per_problem": total(run.buffers.num_partial, run.place) / num_problems,
    }
    return figures | {f"samples/{name}": total(count, run.place) for name, count in run.buffers.outcomes.items()}


def _warn_of_failures(figures: dict[str, float], metrics: Metrics) -> None:
    """Say it early where no sample is a solution at all, right or wrong."""
    num_samples = sum(figures[f"samples/{name}"] for name in OUTCOMES)
    if num_samples and figures["samples/failed"] == num_samples:
        metrics.say(
            f"all {num_samples:,.0f} samples so far failed: expected a model that writes such solutions already; train "
            "it on some first, as recipes/programs-ssft.yaml does, or raise sampling.max_tokens"
        )


def _write_buffers(run: Run, folder: Path) -> None:
    run.buffers.write(folder / f"{run.place.rank:05d}-{BUFFERS}")


def _finish(run: Run) -> None:
    """Write the buffers of all processes in one file, and the report."""
    checkpoint = checkpoint_folder(run.folder.checkpoints, run.num_steps)
    buffers = run.folder.path / BUFFERS
    merge_files(sorted(checkpoint.glob(f"*{BUFFERS}")), buffers, problems=run.problems)
    shutil.rmtree(run.folder.exports / SHARED, ignore_errors=True)
    write_report(run.folder.metrics, buffers, run.folder.path / REPORT, recipe=run.recipe)


def _remove_results(folder: Path) -> None:
    """Remove what an earlier run wrote beside what every training writes."""
    for name in (EVALUATIONS, REPORT):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / BUFFERS).unlink(missing_ok=True)


def _largest(value: int, run: Run) -> int:
    """The largest of all processes' values."""
    if run.place.num_ranks == 1:
        return value
    tensor = torch.tensor(value, device=run.place.device)
    distributed.all_reduce(tensor, distributed.ReduceOp.MAX)
    return int(tensor)


def _card(run: Run, progress: Progress) -> ModelCard:
    figures = {
        "num_steps": progress.step,
        "num_tokens": progress.num_tokens,
        "num_problems": len(run.problems),
        "best_step": progress.best_step,
        "validation_accuracy": progress.best_accuracy,
    }
    return ModelCard(
        kind="generator",
        demonstration=run.recipe.demonstration,
        recipe=resolved(run.recipe),
        figures={name: value for name, value in figures.items() if value is not None},
    )
