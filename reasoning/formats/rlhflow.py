"""RLHFlow math-rm: `*_save_data.jsonl` of its PRM and ORM evaluation, and the data sets it reads."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, Field

from reasoning.formats.importer import Correct, Fields, Importer, Origin, Record, Steps, item, present

STEP_TAG = "ки"  # ends each step of the Mistral models


class RlhflowRecord(Record):
    prompt: str
    answers: list[str]
    label: list[Correct] | None = Field(default=None, validation_alias=AliasChoices("label", "labels"))
    step_scores: list[float | Steps | None] | None = None


def matches(record: Mapping[str, Any]) -> bool:
    keys = record.keys()
    return isinstance(record.get("answers"), list) and bool(keys & {"label", "labels", "step_scores"})


def rows(record: RlhflowRecord, origin: Origin) -> Iterator[Fields]:
    """A row per answer. There is no expected answer, only the label. Scores may end before the answers do.

    The step tag is training mark-up and is removed, so that `The answer is: 18 ки` gives 18.
    """
    problem_id = origin.problem_id(None, record.prompt)
    length = len(record.answers)
    scored = record.step_scores or []
    for sample, answer in enumerate(record.answers):
        label = item(record.label, sample, length)
        yield {
            "id": problem_id,
            "sample": sample,
            "problem": record.prompt,
            "generation": answer.replace(f" {STEP_TAG}", "").replace(STEP_TAG, ""),
            **present(
                symbolic_correct=None if label is None else label == 1,
                reward_model_score=origin.scores(scored[sample]) if sample < len(scored) else None,
            ),
        }


RLHFLOW = Importer("rlhflow", "RLHFlow/RLHF-Reward-Modeling math-rm: *_save_data.jsonl", RlhflowRecord, matches, rows)
