"""Large Language Monkeys: a YAML file a problem, or the published data set as JSON Lines or Parquet."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, Field

from reasoning.formats.importer import (
    Answer,
    Correct,
    Fields,
    Identifier,
    Importer,
    Origin,
    Record,
    item,
    present,
    reference_answer,
)
from reasoning.formats.sources import kind_of


class MonkeysRecord(Record):
    question: str = ""
    orig_dset_idx: Identifier = None
    samples: list[str]
    gt_answer: Answer = None
    is_corrects: list[Correct] | None = Field(default=None, validation_alias=AliasChoices("is_corrects", "is_correct"))


def matches(record: Mapping[str, Any]) -> bool:
    return record.keys() >= {"samples", "gt_answer"}


def rows(record: MonkeysRecord, origin: Origin) -> Iterator[Fields]:
    """A row per sample. The id is the data set's index, or the name of the YAML file, which is that index."""
    stem = origin.path.name.split(".")[0] if kind_of(origin.path) in {".yaml", ".yml"} else None
    problem_id = origin.problem_id(record.orig_dset_idx or stem, record.question)
    expected = reference_answer(record.gt_answer)
    for sample, generation in enumerate(record.samples):
        correct = item(record.is_corrects, sample, len(record.samples))
        yield {
            "id": problem_id,
            "sample": sample,
            "problem": record.question,
            "generation": generation,
            **present(expected_answer=expected, symbolic_correct=None if correct is None else bool(correct)),
        }


LARGE_LANGUAGE_MONKEYS = Importer(
    "large-language-monkeys",
    "ScalingIntelligence/large_language_monkeys: *.yaml, a problem each",
    MonkeysRecord,
    matches,
    rows,
)
