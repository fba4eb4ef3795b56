"""DART-Math: a line per response."""

from collections.abc import Iterator, Mapping
from typing import Any

from reasoning.formats.importer import Answer, Fields, Importer, Origin, Record, present, text_id


class DartRecord(Record):
    query: str
    resp: str
    ref_ans: Answer = None
    ans: Answer = None
    correct: bool | None = None
    finish_reason: str | None = None


def matches(record: Mapping[str, Any]) -> bool:
    return record.keys() >= {"query", "resp"}


def rows(record: DartRecord, origin: Origin) -> Iterator[Fields]:
    """One row; the id is a hash of the query, and samples are numbered in the order of reading.

    `ans` is kept as the extracted answer once `correct` shows that grading ran; before, it is null for all.
    """
    problem_id = text_id(record.query)
    graded = record.ans is not None or record.correct is not None
    yield {
        "id": problem_id,
        "sample": origin.next_sample(problem_id),
        "problem": record.query,
        "generation": record.resp,
        **({"predicted_answer": record.ans} if graded else {}),
        **present(
            expected_answer=record.ref_ans,
            symbolic_correct=record.correct,
            finish_reason=record.finish_reason,
        ),
        **record.kept("dataset", "level", "domain", "cumulative_logprob"),
    }


DART_MATH = Importer("dart-math", "hkust-nlp/dart-math: a line per response", DartRecord, matches, rows)
