"""The problems of a recipe, each with a reference solution that comes to the expected answer."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from generator.self_sampling.reading import READERS
from generator.self_sampling.recipe import SelfSamplingRecipe
from generator.self_sampling.solution import Solution
from reasoning.errors import InputError
from reasoning.problems import ProblemRow, problem_hash, read_problems


@dataclass(frozen=True)
class TrainingProblem:
    """A problem with its answer and a solution that comes to it."""

    id: str
    text: str
    expected: str
    reference: Solution


def load_training_problems(recipe: SelfSamplingRecipe, *, apart_from: Sequence[ProblemRow]) -> list[TrainingProblem]:
    """Read the problems; rows whose reference does not come to their answer are left out.

    Args:
        apart_from: problems that must not be trained on.

    Raises:
        InputError: the file cannot be read, holds one of those, or holds nothing to train on.
    """
    rows = list(itertools.islice(read_problems([recipe.data.path]), recipe.data.limit))
    held_out = {problem_hash(row.problem): row.id for row in apart_from}
    for row in rows if held_out else ():
        if (found := held_out.get(problem_hash(row.problem))) is not None:
            raise InputError(
                f"{recipe.data.path}: expected no problem of the evaluation, found {found} as {row.id}; "
                "take it out, or evaluate on other problems"
            )
    problems = _with_references(rows, recipe)
    if not problems:
        name = "program" if recipe.solutions == "programs" else "solution"
        raise InputError(
            f"{recipe.data.path}: expected rows with an `expected_answer` and a `{name}` that comes to it, found none "
            f"among {len(rows):,}"
        )
    return problems


def owner(problem_id: str, num_ranks: int) -> int:
    """The process that samples a problem and keeps its buffer."""
    return int.from_bytes(hashlib.blake2b(problem_id.encode(), digest_size=8).digest()) % num_ranks


def _with_references(rows: Sequence[ProblemRow], recipe: SelfSamplingRecipe) -> list[TrainingProblem]:
    whole = [
        (row, reference, row.expected_answer)
        for row in rows
        if (reference := row.program if recipe.solutions == "programs" else row.solution) and row.expected_answer
    ]
    read = READERS[recipe.solutions]
    samples = read([reference for _, reference, _ in whole], [expected for _, _, expected in whole])
    return [
        TrainingProblem(row.id, row.problem, expected, sample.solution)
        for (row, _, expected), sample in zip(whole, samples, strict=True)
        if sample.is_correct
    ]
