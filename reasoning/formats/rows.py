"""The canonical row: one JSON object per sampled solution."""

import math

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Row(BaseModel):
    """One sampled solution of one problem.

    Fields that are absent stay absent and unknown fields are kept: `to_json(parse(line))` is the same object
    as the line. `predicted_answer` absent means not extracted yet; null means none was found.
    """

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        strict=True,
        protected_namespaces=(),
        ser_json_inf_nan="constants",  # a NaN is written as NaN, not as the null that means "no score"
    )

    id: str = Field(min_length=1)
    sample: int = Field(ge=0)
    problem: str = ""
    expected_answer: str | None = None
    generation: str = ""
    predicted_answer: str | None = None
    symbolic_correct: bool | None = None
    reward_model_score: float | None = None
    num_generated_tokens: int | None = Field(default=None, ge=0)
    finish_reason: str | None = None
    model: str | None = None
    seed: int | None = None
    temperature: float | None = None

    @field_validator("reward_model_score")
    @classmethod
    def _probability(cls, score: float | None) -> float | None:
        """A NaN is kept, so that the report can count it; any other number must be a probability."""
        if score is not None and not math.isnan(score) and not 0.0 <= score <= 1.0:
            raise ValueError("expected a probability in [0, 1]; --score-transform says how to make one")
        return score

    @property
    def key(self) -> tuple[str, int]:
        return self.id, self.sample

    @property
    def is_extracted(self) -> bool:
        """Whether extraction has run, also where it found nothing."""
        return "predicted_answer" in self.model_fields_set

    @property
    def has_nan_score(self) -> bool:
        """Whether a scorer ran and returned no number: the score is missing, and a report counts it."""
        return self.reward_model_score is not None and math.isnan(self.reward_model_score)

    @property
    def is_blank(self) -> bool:
        """Whether nothing says what the sample is: no solution, no answer, no grade."""
        return not self.model_fields_set & {"generation", "predicted_answer", "symbolic_correct"}

    @property
    def is_stopped(self) -> bool:
        """Whether a rule could end the sampling of the problem early, as with `quorum sample --stop`."""
        return "stop" in (self.model_extra or {})

    def to_json(self) -> str:
        """The row as one line of JSON without the line break; only the fields it was made with."""
        return self.model_dump_json(exclude_unset=True)
