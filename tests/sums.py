"""Sums of two and three digits as problems with programs, which a tiny model learns in seconds."""

import json
import random
from pathlib import Path
from typing import Any

from generator.self_sampling.problems import TrainingProblem, load_training_problems
from generator.self_sampling.recipe import Kind, SelfSamplingRecipe
from reasoning.config import check_recipe
from reasoning.problems import ProblemRow
from tests.tiny_models import save_tiny_model

_SUM: dict[str, Any] = {"id": "p", "problem": "2 and 3?", "expected_answer": "5", "solution": "2 + 3 = 5"}
_PRODUCT: dict[str, Any] = {"id": "q", "problem": "4 times 3?", "expected_answer": "12.0", "solution": "4 * 3 = 12"}
TWO = [
    ProblemRow(**_SUM, program="n0=2\nn1=3\nanswer=n0+n1"),
    ProblemRow(**_PRODUCT, program="n0=4\nanswer=n0*3"),
]


def sums(num_problems: int, *, seed: int = 0) -> list[ProblemRow]:
    """Problems whose references read the digits in the order of the problem, or the other way round."""
    rng = random.Random(seed)
    rows = []
    for number in range(num_problems):
        digits = [rng.randint(1, 9) for _ in range(rng.choice((2, 3)))]
        problem = f"{seed}{number}: add {' and '.join(map(str, digits))}."
        order = digits if rng.random() < 0.5 else digits[::-1]
        rows.append(
            ProblemRow(
                id=f"sum-{seed}-{number}",
                problem=problem,
                expected_answer=str(sum(digits)),
                program=program(order),
                solution=f"{' + '.join(map(str, order))} = {sum(digits)}\n#### {sum(digits)}",
            )
        )
    return rows


def program(digits: list[int]) -> str:
    """`n0=3`, `n1=4`, `answer=n0+n1`, and one more of each for a third digit."""
    lines = [f"n{i}={digit}" for i, digit in enumerate(digits)]
    if len(digits) == 3:
        lines.append("t0=n0+n1")
    return "\n".join([*lines, "answer=n0+n1" if len(digits) == 2 else "answer=t0+n2"])


def write_problems(path: Path, rows: list[ProblemRow]) -> Path:
    path.write_text("".join(row.to_json() + "\n" for row in rows))
    return path


def write_recipe(folder: Path, **changes: Any) -> dict[str, Any]:
    """Sums, a tiny model and a recipe that learns them; returns the recipe, which is also in recipe.yaml."""
    write_problems(folder / "train.jsonl", sums(24))
    write_problems(folder / "test.jsonl", sums(6, seed=1))
    save_tiny_model(folder / "start", initializer_range=0.08)
    recipe = {
        "model": {"from": str(folder / "start")},
        "data": {"path": str(folder / "train.jsonl")},
        "batch": {"problems": 12, "micro_tokens": 1024},
        "sampling": {"max_tokens": 40, "first_step": 30, "num_samples": 2, "temperature": 1.2},
        "optimizer": {"lr": 1e-2, "warmup_steps": 5, "schedule": "constant", "weight_decay": 0.0},
        "run": {"max_steps": 60, "log_every": 10, "checkpoint_every": 20},
        **changes,
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    return recipe


def two_problems(folder: Path, kind: Kind = "programs") -> list[TrainingProblem]:
    """TWO as a run has them."""
    path = write_problems(folder / "problems.jsonl", TWO)
    return load_training_problems(unused_recipe(path, solutions=kind, partial=False), apart_from=[])


def unused_recipe(path: Path, **fields: Any) -> SelfSamplingRecipe:
    """A recipe whose model is not there."""
    whole = {"model": {"from": "unused"}, "data": {"path": str(path)}, "run": {"max_steps": 1}, **fields}
    return check_recipe(SelfSamplingRecipe, whole, "recipe")
