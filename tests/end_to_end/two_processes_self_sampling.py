"""What `test_train_self_sampling.py` runs under torchrun: some self-samplings, one behind the other, in one process."""

import contextlib
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator.self_sampling import train as module
from generator.self_sampling.policy import policy
from generator.self_sampling.recipe import SelfSamplingRecipe
from reasoning.config import check_recipe
from reasoning.engines.scripted import ScriptedEngine
from tests.sums import program

RUNS = {"scripted": True, "one": False, "scripted-zero2": True, "zero3": False}  # whether scripted


def train(name: str, *, folder: Path, is_scripted: bool, stage: int | None) -> None:
    """Run the recipe in recipe.json, with DeepSpeed if there is a stage."""
    fields = json.loads((folder / "recipe.json").read_text())
    if stage is not None:
        fields["run"] |= {"deepspeed": {"zero_optimization": {"stage": stage}}}
    recipe = check_recipe(SelfSamplingRecipe, fields, name)
    if is_scripted:
        setattr(module, "policy", scripted_policy)  # noqa: B010
    try:
        module.train(recipe, folder / name)
    finally:
        setattr(module, "policy", policy)  # noqa: B010


@contextlib.contextmanager
def scripted_policy(*args: Any, **kwargs: Any) -> Iterator[ScriptedEngine]:
    yield ScriptedEngine(solve)


def solve(prompt: str, seed: int) -> str:
    """The digits of the problem in an order that the seed decides; one time in three with a wrong end."""
    rng = random.Random(seed)
    problem = prompt.partition("Solution:")[0].rpartition("add")[2]
    digits = [int(digit) for digit in re.findall(r"\d", problem)]
    rng.shuffle(digits)
    text = program(digits)
    return text if rng.random() < 2 / 3 else text.rpartition("\n")[0] + "\nanswer=0"


def main() -> None:
    for name, is_scripted in RUNS.items():
        if "zero" in name:
            train(name, folder=Path(), is_scripted=is_scripted, stage=int(name[-1]))


if __name__ == "__main__":
    main()
