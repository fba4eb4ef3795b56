"""OpenR: `record.jsonl` of its evaluation, one problem a line."""

from collections.abc import Iterator, Mapping
from typing import Any

from reasoning.formats.importer import (
    Answer,
    Fields,
    Importer,
    Origin,
    Record,
    Steps,
    present,
    reference_answer,
)


class OpenrOutput(Record):
    text: str
    value: float | Steps | None = None
    completion_tokens: int | None = None


class OpenrRecord(Record):
    question: str
    groundtruth: Answer = None
    output: list[OpenrOutput]


def matches(record: Mapping[str, Any]) -> bool:
    return record.keys() >= {"question", "groundtruth", "output"}


def rows(record: OpenrRecord, origin: Origin) -> Iterator[Fields]:
    """A row per output. OpenR does not score a single output: its value is a placeholder and is not read."""
    problem_id = origin.problem_id(None, record.question)
    for sample, output in enumerate(record.output):
        yield {
            "id": problem_id,
            "sample": sample,
            "problem": record.question,
            "generation": output.text,
            **present(
                expected_answer=reference_answer(record.groundtruth),
                reward_model_score=origin.scores(output.value) if len(record.output) > 1 else None,
                num_generated_tokens=output.completion_tokens,
            ),
        }


OPENR = Importer("openr", "openreasoner/openr: record.jsonl", OpenrRecord, matches, rows)
