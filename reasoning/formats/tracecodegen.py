"""TraceCodegen: programs in `predictions_step_*_rank_*.jsonl` and `buffer_step_*_rank_*.jsonl`."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, Field

from reasoning.formats.importer import Answer, Fields, Identifier, Importer, Origin, Record, present


class Metadata(Record):
    task_id: Identifier = None
    text: str = ""
    answer: Answer = None


class TraceRecord(Record):
    metadata: Metadata = Metadata()
    task_id: Identifier = None
    generated_program: str | None = None
    generated_k_programs: list[str] | None = None
    saved_fcp_programs: list[str] = Field(
        default_factory=list, validation_alias=AliasChoices("saved_fcp_programs", "saved_programs")
    )
    saved_pcp_programs: list[str] = Field(default_factory=list)


def matches(record: Mapping[str, Any]) -> bool:
    keys = record.keys()
    is_prediction = isinstance(record.get("metadata"), dict) and keys & {
        "generated_k_programs",
        "generated_program",
    }
    return bool(is_prediction or keys & {"saved_fcp_programs", "saved_programs"})


def rows(record: TraceRecord, origin: Origin) -> Iterator[Fields]:
    """A row per program; `language` says that its answer is what it computes, not what its text says.

    Predictions are `generated_k_programs`, or the one of `generated_program`. Of a buffer, the fully
    correct programs come first, then the partially correct ones, marked `partial`; the empty program every
    buffer holds is left out.
    """
    metadata = record.metadata
    known = {
        "id": origin.problem_id(metadata.task_id or record.task_id, metadata.text),
        "problem": metadata.text,
        "language": "python",
        **present(expected_answer=metadata.answer),
    }
    programs = record.generated_k_programs or present(program=record.generated_program).values()
    verdicts: list[tuple[str, Fields]] = [(program, {}) for program in programs]
    verdicts += [(program, {"symbolic_correct": True}) for program in record.saved_fcp_programs]
    verdicts += [(program, {"partial": True}) for program in record.saved_pcp_programs if program]
    for sample, (program, verdict) in enumerate(verdicts):
        yield {**known, "sample": sample, "generation": program, **verdict}


TRACECODEGEN = Importer(
    "tracecodegen", "microsoft/TraceCodegen: predictions_*.jsonl, buffer_*.jsonl", TraceRecord, matches, rows
)
