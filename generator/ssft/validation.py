"""Greedy Pass@1 of exported weights on validation problems."""

import itertools
from dataclasses import dataclass
from pathlib import Path

from generator.ssft.recipe import ValidationSection
from reasoning.answers import Grade, extract_answer, grade
from reasoning.engines import Request, SamplingParams
from reasoning.engines.loading import load_model
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.errors import InputError
from reasoning.problems import read_problems
from reasoning.prompts import solution_prompt
from reasoning.types import Problem


@dataclass(frozen=True)
class Validation:
    """Problems with expected answers, and how long their solutions may be, in tokens."""

    problems: tuple[Problem, ...]
    max_tokens: int

    def accuracy(self, folder: Path) -> float:
        """The share of problems whose greedy solution has the expected answer.

        Args:
            folder: a model folder with its card.
        """
        engine = TransformersEngine(load_model(str(folder), kind="generator"))
        requests = [Request(solution_prompt(problem.text), (0,)) for problem in self.problems]
        completions = engine.sample(requests, SamplingParams(temperature=0.0, max_tokens=self.max_tokens))
        return sum(self._is_right(c.request, c.text) for c in completions) / len(self.problems)

    def _is_right(self, number: int, text: str) -> bool:
        expected = self.problems[number].expected_answer
        assert expected is not None
        return grade(candidate=extract_answer(text), expected=expected) is Grade.EQUAL


def load_validation(section: ValidationSection) -> Validation:
    """Read the problems.

    Raises:
        InputError: the file cannot be read, or has no problem with an expected answer.
    """
    rows = (row.as_problem for row in read_problems([section.path]) if row.expected_answer is not None)
    problems = tuple(itertools.islice(rows, section.limit))
    if not problems:
        raise InputError(f"{section.path}: expected problems with expected answers, found none")
    return Validation(problems, section.max_tokens)
