"""What `test_training_processes.py` runs under torchrun: some trainings, one behind the other, in this process."""

import json
from pathlib import Path
from typing import Any

from generator.ssft import train as module
from generator.ssft.recipe import SsftRecipe
from reasoning.config import check_recipe
from reasoning.training.progress import seed_step


def train(name: str, *, stage: int, precision: str = "fp32", **changes: Any) -> None:
    fields = {**json.loads(Path("recipe.json").read_text()), **changes}
    fields["run"] |= {"deepspeed": {"zero_optimization": {"stage": stage}}, "precision": precision}
    module.train(check_recipe(SsftRecipe, fields, name), Path(name))


def interrupted_after(num_steps: int) -> Any:
    def call(*, seed: int, step: int, rank: int) -> None:
        if step == num_steps:
            raise KeyboardInterrupt
        seed_step(seed=seed, step=step, rank=rank)

    return call


def main() -> None:
    for stage in (0, 2, 3):
        train(f"zero{stage}", stage=stage)
    train("adapters", stage=3, precision="bf16", lora={"rank": 4})
    setattr(module, "seed_step", interrupted_after(5))  # noqa: B010
    try:
        train("resumed", stage=3)
    except KeyboardInterrupt:
        setattr(module, "seed_step", seed_step)  # noqa: B010
        train("resumed", stage=3)


if __name__ == "__main__":
    main()
