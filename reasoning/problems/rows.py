"""The problem row: one JSON object per problem."""

from pydantic import BaseModel, ConfigDict, Field

from reasoning.types import Problem


class ProblemRow(BaseModel):
    """A question, its reference answer, and what is known about solving it.

    Fields that are absent stay absent and unknown fields are kept.

    Attributes:
        id: unique in the file set.
        expected_answer: None where the set has no answer.
        solution: a worked solution in words or calculations.
        program: a straight-line program whose `answer` is the expected answer.
        num_steps: calculations of the solution, 1 or more.
        template: what the problem is an instance of, where the set is made from templates.
        split: train, validation, test, or another part that the set names.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    id: str = Field(min_length=1)
    problem: str = Field(min_length=1)
    expected_answer: str | None = None
    solution: str | None = None
    program: str | None = None
    num_steps: int | None = Field(default=None, ge=1)
    template: str | None = None
    split: str | None = None

    def to_json(self) -> str:
        """The row as one line of JSON without the line break; only the fields it was made with."""
        return self.model_dump_json(exclude_unset=True)

    @property
    def as_problem(self) -> Problem:
        return Problem(id=self.id, text=self.problem, expected_answer=self.expected_answer)
