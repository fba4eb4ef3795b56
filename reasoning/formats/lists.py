"""Plain lists, as people write them around an API: a line per problem, its samples in a list."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, Field

from reasoning.formats.importer import (
    Answer,
    Fields,
    Identifier,
    Importer,
    Origin,
    Record,
    Steps,
    item,
    present,
    reference_answer,
)
from reasoning.formats.parse import shown_keys

PROBLEM = ("problem", "question", "prompt", "query", "input")
SAMPLES = ("samples", "responses", "completions", "candidates", "generations", "outputs", "choices")
EXPECTED = ("expected_answer", "answer", "gold", "target", "ground_truth", "reference")
IDENTIFIER = ("id", "problem_id", "question_id", "unique_id", "task_id", "idx")
SCORE = ("reward_model_score", "score")


class Message(Record):
    content: str


class Sample(Record):
    text: str | None = Field(
        default=None, validation_alias=AliasChoices("text", "content", "generation", "completion", "response")
    )
    message: Message | None = None  # of a chat completion's `choices`
    score: float | Steps | None = Field(default=None, validation_alias=AliasChoices(*SCORE))
    finish_reason: str | None = None


class ListRecord(Record):
    id: Identifier = Field(default=None, validation_alias=AliasChoices(*IDENTIFIER))
    problem: str = Field(validation_alias=AliasChoices(*PROBLEM))
    expected: Answer = Field(default=None, validation_alias=AliasChoices(*EXPECTED))
    samples: list[str | Sample] = Field(validation_alias=AliasChoices(*SAMPLES))
    scores: list[float | Steps | None] | None = None


def matches(record: Mapping[str, Any]) -> bool:
    return any(isinstance(record.get(name), str) for name in PROBLEM) and any(
        isinstance(record.get(name), list) for name in SAMPLES
    )


def rows(record: ListRecord, origin: Origin) -> Iterator[Fields]:
    """A row per element, a text or an object with one; scores stand in the objects or in a list beside."""
    problem_id = origin.problem_id(record.id, record.problem)
    for index, element in enumerate(record.samples):
        sample = Sample(text=element) if isinstance(element, str) else element
        text = sample.message.content if sample.message and sample.text is None else sample.text
        if text is None:
            raise ValueError(f"expected a text in sample {index}, found only {shown_keys(sample.model_extra or {})}")
        beside = item(record.scores, index, len(record.samples))
        yield {
            "id": problem_id,
            "sample": index,
            "problem": record.problem,
            "generation": text,
            **present(
                expected_answer=reference_answer(record.expected),
                reward_model_score=origin.scores(beside if sample.score is None else sample.score),
                finish_reason=sample.finish_reason,
            ),
        }


LISTS = Importer("lists", 'any script: {"question": ..., "answer": ..., "samples": [...]}', ListRecord, matches, rows)
