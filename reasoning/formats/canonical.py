"""Quorum's own rows, one sample a line."""

from collections.abc import Iterator, Mapping
from typing import Any

from reasoning.formats.importer import Fields, Importer, Origin, Record


class CanonicalRecord(Record):
    """Any object: the row itself is validated after its score."""

    reward_model_score: float | None = None


def matches(record: Mapping[str, Any]) -> bool:
    """`sample` beside a text is enough, so that a row without `id` is told so rather than taken for another tool's."""
    return "sample" in record and ("id" in record or "generation" in record)


def rows(record: CanonicalRecord, origin: Origin) -> Iterator[Fields]:
    fields = dict(record.model_extra or {})
    if "reward_model_score" in record.model_fields_set:
        fields["reward_model_score"] = origin.scores(record.reward_model_score)
    yield fields


CANONICAL = Importer("canonical", "Quorum: *.jsonl, *.parquet", CanonicalRecord, matches, rows)
