"""Problems with right and wrong solutions, made by changing digits."""

import json
import random
from pathlib import Path

from evaluator.data import Group, Sampled
from evaluator.steps import with_steps
from reasoning.problems.arith import arith_problems


def solutions(reference: str, num_samples: int, *, key: str) -> list[str]:
    """The reference, and others in which one digit is another."""
    stream = random.Random(key)
    texts = []
    for _ in range(num_samples):
        place = stream.choice([i for i, character in enumerate(reference) if character.isdigit()])
        texts.append(reference if stream.random() < 0.4 else _changed(reference, place, stream))
    return texts


def _changed(text: str, place: int, stream: random.Random) -> str:
    other = stream.choice([digit for digit in "0123456789" if digit != text[place]])
    return text[:place] + other + text[place + 1 :]


def make_groups(num_problems: int, *, num_samples: int = 6, start: int = 0) -> list[Group]:
    """Groups with step labels; the reference is the only correct text."""
    rows = list(arith_problems("train", start=start, limit=num_problems))
    groups = []
    for row in rows:
        assert row.solution is not None
        texts = dict.fromkeys([row.solution, *solutions(row.solution, num_samples, key=row.id)])
        groups.append(Group(row.id, row.problem, tuple(Sampled(text, text == row.solution) for text in texts)))
    return with_steps(groups, {row.id: row.solution or "" for row in rows})


def write_samples(path: Path, num_problems: int, *, num_samples: int = 8, start: int = 0) -> Path:
    """Sample rows with expected answers; `path.problems` gets the problems with their solutions."""
    with path.open("w") as file, path.with_suffix(".problems").open("w") as problems:
        for row in arith_problems("train", start=start, limit=num_problems):
            assert row.solution is not None
            problems.write(row.to_json() + "\n")
            for sample, text in enumerate(solutions(row.solution, num_samples, key=row.id)):
                fields = {"id": row.id, "sample": sample, "problem": row.problem, "generation": text}
                file.write(json.dumps(fields | {"expected_answer": row.expected_answer}) + "\n")
    return path
