"""Reading problems: files of a known set, or of any other with a question and an answer, one row at a time."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reasoning.errors import InputError, RowError
from reasoning.formats.options import ReadCounts
from reasoning.formats.parse import REMEDY, field_error, parse_object, shown
from reasoning.formats.sources import STDIN, Raw, data_files, kind_of, raw_records
from reasoning.problems.hub import hub_records
from reasoning.problems.rows import ProblemRow
from reasoning.problems.sets import ANY, Fields, ProblemSet, detect, mapped

MAPPABLE = tuple(ProblemRow.model_fields)
_SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "dev": "validation", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class ProblemOptions:
    """How records become problem rows.

    Attributes:
        problem_set: the set that the records are of; None detects it from the first record of each file.
        fields: row field -> the record's name for it; given, nothing is detected.
        split: of rows that name none. Rows that name another one are left out.
        skip_bad_rows: count bad rows and go on, instead of stopping at the first.
    """

    problem_set: ProblemSet | None = None
    fields: Mapping[str, str] | None = None
    split: str | None = None
    skip_bad_rows: bool = False


DEFAULT_PROBLEM_OPTIONS = ProblemOptions()


def read_problems(
    paths: Sequence[Path], *, options: ProblemOptions = DEFAULT_PROBLEM_OPTIONS, counts: ReadCounts | None = None
) -> Iterator[ProblemRow]:
    """Read files of problems, streaming, in the order of the files and their lines.

    A row without an id is named by its set (or file), its split and its number from 0: `gsm8k-test-0`. The split of
    a file that says `train`, `validation`, `valid`, `dev` or `test` in its name is known.

    Args:
        paths: JSON Lines, JSON arrays, Parquet, also in gzip; folders of them; `-` for standard input.
        options: see ProblemOptions.
        counts: filled while rows are consumed.

    Raises:
        InputError: at once, for a path or an option.
        RowError: while rows are consumed, for the first bad row, unless `options.skip_bad_rows`. A second row with
            an id is bad.
    """
    _check_fields(options.fields)
    files = data_files([Path(path) for path in paths])
    return _Reading(options, ReadCounts() if counts is None else counts).files(files)


def load_problems(
    problem_set: ProblemSet, *, hub: str | None = None, split: str = "train", counts: ReadCounts | None = None
) -> Iterator[ProblemRow]:
    """Load a public set through the `datasets` library, from its cache or from the network.

    Args:
        problem_set: how its records read.
        hub: another name than the set's own, or a folder; it is loaded without the set's configurations.
        split: as the hub names it.
        counts: filled while rows are consumed.

    Raises:
        InputError: it cannot be loaded; the message says how to go on with a local file.
        RowError: a record is not what the set's records are.
    """
    name, configs = (hub, (None,)) if hub else (problem_set.hub, problem_set.configs)
    assert name is not None
    reading = _Reading(ProblemOptions(problem_set=problem_set, split=split), ReadCounts() if counts is None else counts)
    records = (record for config in configs for record in hub_records(name, config=config, split=split))
    return reading.records(Path(name), enumerate(records, 1), name=problem_set.name, split=split)


def _check_fields(fields: Mapping[str, str] | None) -> None:
    for name in fields or {}:
        if name not in MAPPABLE:
            raise InputError(f"--field {name}=...: expected one of {', '.join(MAPPABLE)}, found {name!r}")
    if fields is not None and "problem" not in fields:
        raise InputError("--field: expected to be told which field is the problem; add --field problem=NAME")


class _Reading:
    """One pass over files or records; remembers the ids."""

    def __init__(self, options: ProblemOptions, counts: ReadCounts) -> None:
        self._options = options
        self._counts = counts
        self._places: dict[str, tuple[Path, int]] = {}
        self._numbers: dict[str, int] = {}

    def files(self, files: list[Path]) -> Iterator[ProblemRow]:
        for path in files:
            stem = "stdin" if path == STDIN else path.name.removesuffix(".gz").removesuffix(kind_of(path))
            yield from self.records(path, raw_records(path), name=stem, split=split_in_name(path.name))

    def records(
        self, path: Path, records: Iterable[tuple[int, Raw]], *, name: str, split: str | None
    ) -> Iterator[ProblemRow]:
        problem_set = self._options.problem_set
        split = self._options.split or split
        for line, raw in records:
            try:
                record = parse_object(raw, path, line)
                problem_set = problem_set or (ANY if self._options.fields else detect(record))
                prefix = _prefix(name if problem_set is ANY else problem_set.name, split)
                self._numbers[prefix] = self._numbers.get(prefix, -1) + 1
                known = {"id": f"{prefix}-{self._numbers[prefix]}", "split": split}
                row = self._row(record, problem_set, path, line, known=known)
            except RowError as error:
                if not self._options.skip_bad_rows:
                    raise
                self._counts.add_bad_row(error)
                continue
            if self._options.split in (None, row.split):
                self._counts.num_rows += 1
                yield row

    def _row(
        self, record: dict[str, Any], problem_set: ProblemSet, path: Path, line: int, *, known: Fields
    ) -> ProblemRow:
        try:
            own = mapped(record, self._options.fields) if self._options.fields else problem_set.fields(record)
            fields = {**own, **{name: value for name, value in known.items() if own.get(name) is None and value}}
            row = ProblemRow.model_validate(fields)
        except ValidationError as error:
            raise field_error(error, path, line) from error
        except ValueError as error:
            raise RowError(path, line, f"{error}; {REMEDY}") from error
        first = self._places.setdefault(row.id, (path, line))
        if first != (path, line):
            found = f"found {shown(row.id)} again, first at {first[0]}:{first[1]}"
            raise RowError(path, line, f"expected an id of its own for every problem, {found}; number the problems")
        return row


def _prefix(name: str, split: str | None) -> str:
    """What ids begin with: the name and the split, unless the name says it already."""
    return name if split is None or split in re.split(r"[-_. ]", name) else f"{name}-{split}"


def split_in_name(name: str) -> str | None:
    """The split that a file's name says: `gsm8k_test.jsonl` is test; None where it says none, or two."""
    found = {_SPLITS[part] for part in re.split(r"[^a-z]+", name.lower()) if part in _SPLITS}
    return found.pop() if len(found) == 1 else None
