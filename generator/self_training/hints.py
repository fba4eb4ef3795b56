"""Rationalization: a problem that was not solved is asked again with its answer in the question.

Source: STaR, arXiv:2203.14465, section 3.2.
"""

from collections.abc import Mapping, Sequence

from generator.self_training.trials import num_correct
from reasoning.errors import InputError
from reasoning.formats import Row
from reasoning.problems import ProblemRow


def hinted_problems(
    problems: Sequence[ProblemRow], rows: Mapping[str, Sequence[Row]], template: str
) -> list[ProblemRow]:
    """The problems without a correct sample, with their answers as hints.

    Args:
        problems: those without an expected answer are left out.
        rows: samples by the problem's id.
        template: with `{problem}` and `{answer}`.
    """
    return [
        problem.model_copy(update={"problem": hinted(problem.problem, problem.expected_answer, template)})
        for problem in problems
        if problem.expected_answer is not None and num_correct(rows[problem.id]) == 0
    ]


def hinted(problem: str, answer: str, template: str) -> str:
    """The question with the hint; braces in problem and answer are text."""
    before, _, after = template.partition("{problem}")
    return before.replace("{answer}", answer) + problem + after.replace("{answer}", answer)


def check_hint(template: str) -> str:
    """The template, if it has both places.

    Raises:
        InputError: one is missing.
    """
    if "{problem}" not in template or "{answer}" not in template:
        raise InputError(f"hint: expected {{problem}} and {{answer}} in it, found {template!r}")
    return template
