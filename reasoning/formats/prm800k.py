"""PRM800K's scored samples: `scored-test-samples.jsonl`, a line per sample, up to 1,860 a problem."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, Field

from reasoning.formats.importer import Answer, Fields, Importer, Origin, Record, present, text_id


class Prm800kRecord(Record):
    problem: str
    answer: Answer = Field(default=None, validation_alias=AliasChoices("answer", "given_answer"))
    is_correct: bool | None = None
    orm_score: float | None = None
    prm_score: float | None = None
    solution: str = Field(default="", validation_alias=AliasChoices("solution", "completion", "text"))
    steps: list[str] | None = None


def matches(record: Mapping[str, Any]) -> bool:
    return record.keys() >= {"problem", "is_correct"} and bool(record.keys() & {"orm_score", "prm_score"})


def rows(record: Prm800kRecord, origin: Origin) -> Iterator[Fields]:
    """One row; the id is a hash of the problem, and samples are numbered in the order of reading.

    The score is the outcome model's, else the process model's; both stay under their own names.
    """
    problem_id = text_id(record.problem)
    score = record.orm_score if record.orm_score is not None else record.prm_score
    yield {
        "id": problem_id,
        "sample": origin.next_sample(problem_id),
        "problem": record.problem,
        "generation": record.solution or "\n\n".join(record.steps or []),
        "predicted_answer": record.answer,
        **present(
            symbolic_correct=record.is_correct,
            reward_model_score=origin.scores(score),
            orm_score=record.orm_score,
            prm_score=record.prm_score,
        ),
    }


PRM800K = Importer("prm800k", "openai/prm800k: scored-test-samples.jsonl", Prm800kRecord, matches, rows)
