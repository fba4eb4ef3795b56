"""Qwen2.5-Math's evaluation and its descendants: `test_*_seed0_t0.6_*.jsonl`, one problem a line."""

from collections.abc import Iterator, Mapping
from typing import Any

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
)


class QwenRecord(Record):
    idx: Identifier = None
    question: str = ""
    gt: Answer
    code: list[str]
    pred: list[Answer] | None = None
    score: list[bool] | None = None
    pred_score: list[float | Steps | None] | None = None


def matches(record: Mapping[str, Any]) -> bool:
    return "gt" in record and isinstance(record.get("code"), list)


def rows(record: QwenRecord, origin: Origin) -> Iterator[Fields]:
    """A row per `code`, which is the solution's text, program or not.

    `pred` is kept as the extracted answer, since for programs it is what running them printed. `pred_score`
    of the reward model that comes with the tool is a logit and needs `--score-transform sigmoid`.
    """
    problem_id = origin.problem_id(record.idx, record.question)
    length = len(record.code)
    for sample, generation in enumerate(record.code):
        yield {
            "id": problem_id,
            "sample": sample,
            "problem": record.question,
            "generation": generation,
            **({"predicted_answer": item(record.pred, sample, length)} if record.pred else {}),
            **present(
                expected_answer=record.gt,
                symbolic_correct=item(record.score, sample, length),
                reward_model_score=origin.scores(item(record.pred_score, sample, length)),
            ),
            **record.kept("level", "type", "subject"),
        }


QWEN_MATH = Importer("qwen-math", "QwenLM/Qwen2.5-Math: evaluation/outputs/**/*.jsonl", QwenRecord, matches, rows)
