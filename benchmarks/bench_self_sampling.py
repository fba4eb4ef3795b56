"""What self-sampling adds to a step of training, in processor time, at the embedded generator's size.

    python benchmarks/bench_self_sampling.py [--model FOLDER] [--warm-up STEPS] [--steps STEPS] [--problems P]
        [--samples N] [--max-tokens N] [--threads T] [--precision fp32|bf16] [--attention eager|sdpa]

The model learns to write programs for some steps, as MLE; then each step samples every problem of the batch once,
runs the samples with the state after every line, adds them to the buffers, and learns from these. Printed are the
processor seconds of each part, of the worker that runs the programs too, and their ratios to the step without them.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from generator.self_sampling import train as trainer
from generator.self_sampling.exploring import explore
from generator.self_sampling.policy import policy
from generator.self_sampling.recipe import SelfSamplingRecipe
from generator.self_sampling.setup import Run, prepare
from quorum.embedded import DEMO_SAMPLES
from reasoning.config import check_recipe
from reasoning.problems.arith import arith_problems
from reasoning.programs.pool import worker_pids
from reasoning.training.processes import this_place
from reasoning.training.run_folder import RunFolder

EMBEDDED = Path(str(DEMO_SAMPLES)).with_name("generator")
NUM_PROBLEMS = 512
LR = 1e-3


@dataclass
class Times:
    """Processor seconds of the measured steps, by part; `worker` is that of the process that runs programs."""

    sampling: float = 0.0
    adding: float = 0.0
    worker: float = 0.0
    learning: float = 0.0
    alone: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(EMBEDDED))
    parser.add_argument("--warm-up", type=int, default=30)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--problems", type=int, default=32, help="of a step")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--attention", default="eager", choices=("eager", "sdpa"))
    parser.add_argument("--samples", type=int, default=1, help="of a problem")
    parser.add_argument("--max-tokens", type=int, default=120, help="of a sample")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        run = prepare(recipe(args, Path(folder)), RunFolder(Path(folder) / "run"), this_place())
        for step, numbers in run.order.steps(0, args.warm_up):
            learn(run, numbers, is_alone=True)
            print(f"\rwarm-up {step + 1}/{args.warm_up}", end="", flush=True, file=sys.stderr)
        print(file=sys.stderr)
        times, num_tokens = measured(run, args.warm_up, args.steps)
    show(run, times, args.steps, num_tokens)


def recipe(args: argparse.Namespace, folder: Path) -> SelfSamplingRecipe:
    path = folder / "train.jsonl"
    path.write_text("".join(row.to_json() + "\n" for row in arith_problems("train", limit=NUM_PROBLEMS)))
    fields = {
        "model": {"from": args.model, "attention": args.attention},
        "data": {"path": str(path)},
        "batch": {"problems": args.problems},
        "sampling": {"num_samples": args.samples, "max_tokens": args.max_tokens},
        "run": {"max_steps": 1, "precision": args.precision},
    }
    return check_recipe(SelfSamplingRecipe, fields, "recipe")


def measured(run: Run, first: int, num_steps: int) -> tuple[Times, int]:
    """The times of all steps together, after one that is not counted, and the tokens that were sampled."""
    times, num_tokens = Times(), 0
    for step, numbers in run.order.steps(first, first + num_steps + 1):
        if step == first + 1:
            times, num_tokens = Times(), 0
        own = [run.problems[number] for number in numbers]
        start = time.process_time()
        with policy(
            run.engine, run.base, run.tokenizer, run=run.recipe.run, folder=run.folder, place=run.place
        ) as sampler:
            texts = explore(sampler, own, run.buffers, run.recipe, step=step)
        times.sampling += time.process_time() - start
        start, before = time.process_time(), worker_time()
        run.buffers.add(texts)
        times.adding += time.process_time() - start
        times.worker += worker_time() - before
        times.learning += learn(run, numbers, is_alone=False)
        times.alone += learn(run, numbers, is_alone=True)
        num_tokens += sum(len(run.tokenizer(text)["input_ids"]) for _, text in texts)
    return times, num_tokens


def learn(run: Run, numbers: list[int], *, is_alone: bool) -> float:
    """One step on the buffers, or on the references alone; its processor seconds."""
    start = time.process_time()
    problems = [run.problems[number] for number in numbers]
    if is_alone:
        run = replaced(run)
    trainer._take_step(run, problems, LR)
    return time.process_time() - start


def replaced(run: Run) -> Run:
    """The run with MLE as its objective."""
    return replace(run, recipe=run.recipe.model_copy(update={"objective": "mle"}))


def worker_time() -> float:
    """Processor seconds of the processes that run programs, so far."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in worker_pids()) / 1e9


def show(run: Run, times: Times, num_steps: int, num_tokens: int) -> None:
    size = sum(parameter.numel() for parameter in run.base.parameters())
    outcomes = ", ".join(f"{name} {count}" for name, count in run.buffers.outcomes.items() if count)
    print(f"{size:,} parameters, {run.recipe.batch.problems} problems a step, {run.recipe.run.precision}")
    print(f"{num_tokens / num_steps:,.0f} tokens sampled a step; {outcomes}")
    for name, seconds in times.__dict__.items():
        print(f"{name:<9} {seconds / num_steps * 1000:9.1f} ms a step")
    whole = times.sampling + times.adding + times.worker + times.learning
    added = whole - times.learning
    print(f"sampling and all that belongs to it, over a step without it: {added / times.learning:.1%}")
    print(f"a step with self-sampling over one of MLE: {whole / times.alone:.2f}")
    print(f"running and tracing, worker included, over the whole step: {(times.adding + times.worker) / whole:.2%}")


if __name__ == "__main__":
    main()
