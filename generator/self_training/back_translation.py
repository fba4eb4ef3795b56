"""New problems from solutions: a model writes the question that a solution answers, and samples verify it.

A wrong solution of one problem is a right one of another, so every solution that comes to an answer may be asked for.

Source: question back-translation and verification of MathGenie, arXiv:2402.16352, sections 2.2 and 2.3. Its solutions
are rewritten ones; here they are the round's own samples.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from generator.self_training.trials import num_correct
from reasoning.config import Section
from reasoning.engines import SamplingParams
from reasoning.formats import Row
from reasoning.problems import ProblemRow, problem_hash
from reasoning.seeds import sample_seed


class BackTranslationSection(Section):
    """New problems of a round, by question back-translation."""

    writer: str = Field(
        description="model that writes questions: folder, or name on the hub; `quorum train ssft` makes one from rows "
        "whose `fields` say problem for solution and solution for problem"
    )
    solutions: Literal["all", "correct"] = Field(
        default="all", description="samples that questions are written for; a wrong one is right for another question"
    )
    per_problem: PositiveInt = Field(default=2, description="different solutions of a problem at most, drawn")
    temperature: PositiveFloat = Field(default=0.7, description="of the questions")
    max_tokens: PositiveInt = Field(default=256, description="of a question")
    num_samples: PositiveInt = Field(default=8, description="samples of a new problem")
    agreement: float = Field(
        default=0.5, gt=0.0, le=1.0, description="share of them that must come to the solution's answer"
    )

    @property
    def params(self) -> SamplingParams:
        return SamplingParams(self.temperature, max_tokens=self.max_tokens)


def to_ask(rows: Mapping[str, Sequence[Row]], section: BackTranslationSection, *, seed: int) -> list[ProblemRow]:
    """What the writer is given: rows whose problem is a solution, with the answer that it comes to.

    Args:
        rows: a round's graded samples by problem.
        seed: of which solutions are drawn.
    """
    asked = []
    for problem, of_problem in rows.items():
        different = {" ".join(row.generation.split()): row for row in reversed(of_problem) if _is_usable(row, section)}
        drawn = sorted(different.values(), key=lambda row: sample_seed(seed, f"question {problem}", row.sample))
        for row in sorted(drawn[: section.per_problem], key=lambda row: row.sample):
            name = f"{problem}/question-{row.sample}"
            asked.append(ProblemRow(id=name, problem=row.generation, expected_answer=row.predicted_answer))
    return asked


def new_problems(questions: Sequence[Row], known: Collection[str]) -> list[ProblemRow]:
    """The questions as problems, each with the answer of the solution that it was written for.

    Left out are those that were cut off or failed, that have no text, or that are asked already.

    Args:
        questions: what the writer wrote, a row for each of `to_ask`.
        known: hashes of problems that are learned already, or must not be learned.
    """
    found: dict[str, ProblemRow] = {}
    for row in questions:
        text = row.generation.strip()
        key = problem_hash(text)
        if row.finish_reason == "stop" and text and key not in known:
            found.setdefault(key, ProblemRow(id=row.id, problem=text, expected_answer=row.expected_answer))
    return list(found.values())


def verified(rows: Mapping[str, Sequence[Row]], section: BackTranslationSection) -> dict[str, list[Row]]:
    """The samples of new problems of which enough come to the solution's answer, by problem.

    Args:
        rows: graded samples of new problems.
    """
    return {
        problem: list(of_problem)
        for problem, of_problem in rows.items()
        if num_correct(of_problem) >= section.agreement * len(of_problem)
    }


def _is_usable(row: Row, section: BackTranslationSection) -> bool:
    is_wanted = section.solutions == "all" or row.symbolic_correct is True
    return is_wanted and row.finish_reason == "stop" and row.predicted_answer is not None
