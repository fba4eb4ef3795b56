"""From sampled texts to solutions: programs are run, of words the answer is read."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from generator.self_sampling.recipe import Kind
from generator.self_sampling.solution import Sample, Solution, program_key, words_key
from reasoning.answers import Grade, extract_answer, grade
from reasoning.programs import Execution, execute_many, split
from reasoning.programs.answers import answer_text

Reader = Callable[[Sequence[str], Sequence[str]], list[Sample]]
"""Reads texts, given the expected answer of each."""


def read_programs(texts: Sequence[str], expected: Sequence[str]) -> list[Sample]:
    """Run programs in a worker process, with the state after each step.

    A number is right if it grades as equal to the expected answer in nine significant digits, as states are compared.
    """
    executions = execute_many(texts, workers=1)
    return [_program(*parts) for parts in zip(texts, executions, expected, strict=True)]


def read_words(texts: Sequence[str], expected: Sequence[str]) -> list[Sample]:
    """Find the answers of solutions in words; each line is a step."""
    return [_worded(*parts) for parts in zip(texts, expected, strict=True)]


READERS: dict[Kind, Reader] = {"programs": read_programs, "words": read_words}


def _program(text: str, execution: Execution, expected: str) -> Sample:
    steps = tuple(split(text)[: len(execution.states)])
    solution = Solution(steps, tuple(map(program_key, steps)), execution.states[: len(steps)])
    answer = None if execution.answer is None else answer_text(execution.answer)
    return Sample(solution, answer, _is_right(answer, expected))


def _worded(text: str, expected: str) -> Sample:
    steps = tuple(line for line in text.split("\n") if line.strip())
    answer = extract_answer(text)
    return Sample(Solution(steps, tuple(map(words_key, steps))), answer, _is_right(answer, expected))


@lru_cache(maxsize=50_000)
def _is_right(answer: str | None, expected: str) -> bool:
    return answer is not None and (answer == expected or grade(candidate=answer, expected=expected) is Grade.EQUAL)
