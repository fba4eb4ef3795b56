"""NeMo-Skills: `output-rs<seed>.jsonl`, one file a seed; line i is the same problem in each."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field

from reasoning.errors import RowError
from reasoning.formats.importer import Answer, Fields, Identifier, Importer, Origin, Place, Record, present
from reasoning.formats.parse import shown
from reasoning.formats.rows import Row

_SEED = re.compile(r"-rs(\d+)")


class NemoRecord(Record):
    id: Identifier = None
    problem: str = Field(default="", validation_alias=AliasChoices("problem", "question"))
    generation: str
    expected_answer: Answer = None
    predicted_answer: Answer = None
    reward_model_score: float | None = None
    is_correct: bool | None = None


def seed_of(path: Path) -> int | None:
    """The seed in a file's name; None for `output.jsonl`, the one greedy run."""
    match = _SEED.search(path.name)
    return int(match[1]) if match else None


def group_of(path: Path) -> Path:
    """What seed files of one run share: the path without the seed. A greedy run belongs to them."""
    return path.with_name(_SEED.sub("", path.name))


def matches(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("generation"), str) and bool(
        record.keys() & {"problem", "question", "expected_answer", "predicted_answer"}
    )


def rows(record: NemoRecord, origin: Origin) -> Iterator[Fields]:
    """The record's own fields, which are canonical names; the seed of the file is the sample index.

    `is_correct`, the name of `symbolic_correct` in older files, is read as that.
    """
    yield {
        "id": origin.problem_id(record.id, record.problem),
        "sample": seed_of(origin.path) or 0,
        "problem": record.problem,
        "generation": record.generation,
        **present(expected_answer=record.expected_answer, symbolic_correct=record.is_correct),
        **(record.model_extra or {}),
        **({"predicted_answer": record.predicted_answer} if "predicted_answer" in record.model_fields_set else {}),
        **present(reward_model_score=origin.scores(record.reward_model_score)),
    }


NEMO_SKILLS = Importer("nemo-skills", "NVIDIA/NeMo-Skills: output-rs*.jsonl, output.jsonl", NemoRecord, matches, rows)


def ends_first(path: Path, other: Place, num_records: int) -> RowError:
    """The error of a seed file that ends while another goes on at `other`."""
    return RowError(
        path,
        num_records + 1,
        f"expected as many problems as in {other[0]}, found the end after {num_records} while that one goes "
        f"on at line {other[1]}; finish the run of this seed, leave its file out, or pass --skip-bad-rows",
    )


def check_same_problem(row: Row, place: Place, *, first: tuple[Row, Place]) -> None:
    """Raises RowError with both places if two seeds' rows of one line are not about one problem."""
    reference, (path, line) = first
    if (row.id, row.problem) != (reference.id, reference.problem):
        raise RowError(
            *place,
            f"expected the problem of {path}:{line}, {shown(reference.problem or reference.id)}, found "
            f"{shown(row.problem or row.id)}; seed files must hold the same problems in the same order: "
            "read runs on different problems one by one",
        )
