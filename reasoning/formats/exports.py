"""Canonical rows in the formats of other tools."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from reasoning.errors import InputError
from reasoning.formats.parse import shown
from reasoning.formats.rows import Row
from reasoning.formats.sources import STDIN
from reasoning.formats.write import atomic_file, write_lines, write_rows


@dataclass(frozen=True)
class Exporter:
    """One format to write.

    Attributes:
        description: for help and documentation.
        write: takes the rows and the file (None: standard output) or folder, and returns the number of
            records.
    """

    description: str
    write: Callable[[Iterable[Row], Path | None], int]


def write_seed_files(rows: Iterable[Row], folder: Path | None) -> int:
    """Write NeMo-Skills' `output-rs<sample>.jsonl`, a file a sample index, line i the same problem in each.

    One file a sample is open at a time; only the problems' ids are kept. Rows may come problem by problem
    or sample by sample, as long as every sample sees the problems in one order.

    Raises:
        InputError: a sample misses a problem, or has it at another place than the others; or the folder holds
            files of other samples, which would count as part of this run.
    """
    if folder is None or folder == STDIN:
        raise InputError("expected a folder to write one file per sample to; name it with -o")
    order: list[str] = []
    num_lines: dict[int, int] = {}
    files: dict[int, BinaryIO] = {}
    with contextlib.ExitStack() as stack:
        for row in rows:
            line = num_lines.get(row.sample, 0)
            if line == len(order):
                order.append(row.id)
            if order[line] != row.id:
                raise InputError(
                    f"expected problem {shown(order[line])} as number {line + 1} of sample {row.sample}, "
                    f"found {shown(row.id)}; every problem needs the same samples, in one order of problems"
                )
            if row.sample not in files:
                files[row.sample] = stack.enter_context(atomic_file(folder / _seed_file(row.sample)))
            num_lines[row.sample] = line + 1
            files[row.sample].write(row.model_dump_json(exclude_unset=True, exclude={"sample"}).encode() + b"\n")
        for sample, line in num_lines.items():
            if line < len(order):
                raise InputError(
                    f"expected all {len(order)} problems with sample {sample}, found {line}, "
                    f"up to {shown(order[line - 1])}; sample the others, or export fewer samples"
                )
        if stale := {file.name for file in seed_files(folder)} - {_seed_file(s) for s in num_lines}:
            raise InputError(
                f"{folder}: expected no seed files but those written now, found {min(stale)}; name another folder"
            )
    return sum(num_lines.values())


def seed_files(folder: Path) -> list[Path]:
    """The files in a folder that have names as `write_seed_files` gives; none where there is no folder."""
    return sorted(folder.glob("output-rs*.jsonl"))


def _seed_file(sample: int) -> str:
    return f"output-rs{sample}.jsonl"


def write_lists(rows: Iterable[Row], path: Path | None) -> int:
    """Write a line per problem, `{id, problem, expected_answer, samples: [{text, ...}]}`.

    Holds all rows in memory, since a problem's may lie anywhere.
    """
    return _write_records((_as_list(problem_rows) for problem_rows in _by_problem(rows)), path)


def write_labels(rows: Iterable[Row], path: Path | None) -> int:
    """Write `{prompt, completion, label}` per graded row, as TRL (KTO, reward) and OpenRLHF read them.

    Rows that are not graded are left out.

    Raises:
        InputError: no row is graded.
    """
    graded = (row for row in rows if row.symbolic_correct is not None)
    records = ({"prompt": r.problem, "completion": r.generation, "label": r.symbolic_correct} for r in graded)
    return _write_records(_some(records, "graded rows (symbolic_correct true or false)"), path)


def write_preferences(rows: Iterable[Row], path: Path | None) -> int:
    """Write `{prompt, chosen, rejected}`: the i-th correct with the i-th incorrect sample of a problem.

    A problem gives as many pairs as it has of the rarer kind, and none without both. Holds all rows in
    memory.

    Raises:
        InputError: no problem has both.
    """
    return _write_records(_some(_pairs(rows), "problems with a correct and an incorrect sample"), path)


def _pairs(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    for problem_rows in _by_problem(rows):
        chosen = (row for row in problem_rows if row.symbolic_correct is True)
        rejected = (row for row in problem_rows if row.symbolic_correct is False)
        for good, bad in zip(chosen, rejected, strict=False):
            yield {"prompt": good.problem, "chosen": good.generation, "rejected": bad.generation}


def _by_problem(rows: Iterable[Row]) -> Iterator[list[Row]]:
    problems: dict[str, list[Row]] = {}
    for row in rows:
        problems.setdefault(row.id, []).append(row)
    for problem_rows in problems.values():
        yield sorted(problem_rows, key=lambda row: row.sample)


_OF_PROBLEM = ("id", "problem", "expected_answer")


def _as_list(rows: list[Row]) -> dict[str, Any]:
    samples = []
    for row in rows:
        fields = row.model_dump(exclude_unset=True, exclude={*_OF_PROBLEM, "sample", "generation"})
        samples.append({"text": row.generation, **fields})
    first = rows[0].model_dump(exclude_unset=True, include=set(_OF_PROBLEM))
    return {**first, "samples": samples}


def _write_records(records: Iterable[dict[str, Any]], path: Path | None) -> int:
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    if path is None or path == STDIN:
        return write_lines(lines, sys.stdout.buffer)
    with atomic_file(path) as file:
        return write_lines(lines, file)


def _some(records: Iterable[dict[str, Any]], what: str) -> Iterator[dict[str, Any]]:
    """The records; an error where there is none, raised while the file is written so that none takes its name."""
    number = 0
    for number, record in enumerate(records, start=1):  # noqa: B007 (counts)
        yield record
    if number == 0:
        raise InputError(f"expected {what}, found none; export rows whose tool graded them")


EXPORTERS: dict[str, Exporter] = {
    "canonical": Exporter("Quorum's rows: .jsonl, .jsonl.gz or .parquet", write_rows),
    "nemo-skills": Exporter("a folder of output-rs<sample>.jsonl", write_seed_files),
    "lists": Exporter("a line per problem with its samples in a list", write_lists),
    "labels": Exporter("{prompt, completion, label} of graded rows, for TRL and OpenRLHF", write_labels),
    "preferences": Exporter("{prompt, chosen, rejected} of graded rows, for TRL and OpenRLHF", write_preferences),
}
