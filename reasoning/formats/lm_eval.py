"""lm-evaluation-harness: `samples_<task>_<date>.jsonl`, written with `--log_samples`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from reasoning.formats.importer import Answer, Fields, Importer, Origin, Record, present, reference_answer

_TASK = re.compile(r"samples_(.+)_\d{4}-\d\d-\d\dT")


class LmEvalRecord(Record):
    doc_id: int
    doc: dict[str, Any] = Field(default_factory=dict)
    target: Answer = None
    resps: list[list[str]]


def matches(record: Mapping[str, Any]) -> bool:
    return record.keys() >= {"doc_id", "resps"}


def rows(record: LmEvalRecord, origin: Origin) -> Iterator[Fields]:
    """A row per repeat, `resps[0][j]`.

    A document has a line per filter, all with the same responses: their rows are equal and the second is
    dropped as a duplicate. `filtered_resps` is already reduced and is not read, nor are the metrics, which
    belong to filters. The id is the task, from the file's name, and `doc_id`.
    """
    task = _TASK.search(origin.path.name)
    texts = (record.doc.get(name) for name in ("problem", "question", "input", "query"))
    problem = next((text for text in texts if isinstance(text, str)), "")
    for sample, generation in enumerate(record.resps[0] if record.resps else []):
        yield {
            "id": f"{task[1]}-{record.doc_id}" if task else str(record.doc_id),
            "sample": sample,
            "problem": problem,
            "generation": generation,
            **present(expected_answer=reference_answer(record.target)),
            **{name: record.doc[name] for name in ("level", "type") if record.doc.get(name) is not None},
        }


LM_EVAL = Importer("lm-eval", "EleutherAI/lm-evaluation-harness: samples_*.jsonl", LmEvalRecord, matches, rows)
