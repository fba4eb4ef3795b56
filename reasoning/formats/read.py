"""Reading: files of any known tool in, canonical rows out, one at a time."""

import itertools
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reasoning.errors import InputError, RowError
from reasoning.formats.canonical import CANONICAL
from reasoning.formats.importer import Importer, Numbering, Origin, Place
from reasoning.formats.keys import KeyTable, Seen
from reasoning.formats.nemo_skills import NEMO_SKILLS, check_same_problem, ends_first, group_of, seed_of
from reasoning.formats.options import DEFAULT_OPTIONS, ReadCounts, ReadOptions
from reasoning.formats.parse import REMEDY, field_error, parse_object, shown
from reasoning.formats.registry import detect, named
from reasoning.formats.rows import Row
from reasoning.formats.scores import TRANSFORMS, Range, Scores, Transform
from reasoning.formats.sources import STDIN, Raw, data_files, raw_records


def read_rows(
    paths: Sequence[Path], *, options: ReadOptions = DEFAULT_OPTIONS, counts: ReadCounts | None = None
) -> Iterator[Row]:
    """Read files of samples as canonical rows, streaming: one record of each open file is in memory.

    Rows come in the order of the files and their lines. Seed files of NeMo-Skills, given together, are read
    in lockstep and come problem by problem. A row whose key (id, sample) came before is dropped if it is
    equal, which is also how lm-evaluation-harness's line per filter becomes one row; otherwise it is an
    error.

    Args:
        paths: files, folders (all data files in them, sorted), or `-` for standard input.
        options: see ReadOptions.
        counts: filled while rows are consumed.

    Raises:
        InputError: at once, for a path or an option.
        RowError: while rows are consumed, for the first bad row, unless `options.skip_bad_rows`.
    """
    counts = ReadCounts() if counts is None else counts
    return distinct_rows(placed_rows(paths, options=options, counts=counts), options=options, counts=counts)


def placed_rows(paths: Sequence[Path], *, options: ReadOptions, counts: ReadCounts) -> Iterator[tuple[Row, Place]]:
    """`read_rows` with the place of each row, and with the rows that repeat an earlier one."""
    if options.importer is not None:
        named(options.importer)
    files = data_files([Path(path) for path in paths])
    if options.score_transform == "minmax" and STDIN in files:
        raise InputError("--score-transform minmax reads its input twice and cannot read standard input; name a file")
    return _rows(files, options, counts)


def _rows(files: list[Path], options: ReadOptions, counts: ReadCounts) -> Iterator[tuple[Row, Place]]:
    yield from _Reading(options, counts, _transform(files, options)).rows(files)


def distinct_rows(rows: Iterable[tuple[Row, Place]], *, options: ReadOptions, counts: ReadCounts) -> Iterator[Row]:
    """Rows without those that repeat an earlier one; see `read_rows`."""
    keys, files = KeyTable(), list[Path]()
    numbers: dict[Path, int] = {}
    for row, (path, line) in rows:
        if path not in numbers:
            numbers[path] = len(files)
            files.append(path)
        text = json_of(row, (path, line), options=options, counts=counts)
        if text is None:
            continue
        content = zlib.crc32(text)
        seen, file, first_line = keys.add(hash(row.key), content=content, file=numbers[path], line=line)
        if seen is Seen.NEW:
            counts.num_rows += 1
            counts.num_nan_scores += row.has_nan_score
            counts.num_stopped += row.is_stopped
            if row.is_blank:
                found = ", ".join(map(shown, row.model_extra or {})) or "no other field"
                counts.add_blank_row(f"{path}:{line}: expected `generation` or `predicted_answer`, found {found}")
            yield row
        elif seen is Seen.SAME:
            counts.num_duplicates += 1
        else:
            first = f"{files[file]}:{first_line}"
            problem = f"expected one row for problem {shown(row.id)}, sample {row.sample}, found another at {first}"
            remedy = "number the samples of a problem, or read runs that are to be compared one by one"
            _refuse(RowError(path, line, f"{problem} that differs; {remedy}"), options, counts)


def json_of(row: Row, place: Place, *, options: ReadOptions, counts: ReadCounts) -> bytes | None:
    """The row as a line of JSON; None for one that JSON cannot hold, where bad rows are skipped.

    Raises:
        RowError: it cannot, and they are not.
    """
    try:
        return row.to_json().encode()
    except ValueError as error:  # bytes, from Parquet or YAML
        _refuse(RowError(*place, f"expected fields that JSON can hold, found {error}"), options, counts)
        return None


def _transform(files: list[Path], options: ReadOptions) -> Transform:
    if options.score_transform != "minmax":
        return TRANSFORMS[options.score_transform]
    seen = Range()
    for _ in _Reading(options, ReadCounts(), seen).rows(files):
        pass
    return seen.scaled


def _refuse(error: RowError, options: ReadOptions, counts: ReadCounts) -> None:
    if not options.skip_bad_rows:
        raise error
    counts.add_bad_row(error)


class _Reading:
    """One pass over the files; rows with their places, equal ones included."""

    def __init__(self, options: ReadOptions, counts: ReadCounts, transform: Transform) -> None:
        self._options = options
        self._counts = counts
        self._scores = Scores(step_score=options.step_score, transform=transform)
        self._keeps_scores = transform is TRANSFORMS[None]
        self._samples: dict[str, int] = {}

    def rows(self, files: list[Path]) -> Iterator[tuple[Row, Place]]:
        groups: dict[Path, list[Path]] = {}
        for path in files:
            groups.setdefault(group_of(path), []).append(path)
        for group in groups.values():
            if len(group) > 1 and self._importer_of(group[0]) is NEMO_SKILLS:
                yield from self._seed_files(group)
            else:
                for path in group:
                    yield from self._file(path)

    def _file(self, path: Path) -> Iterator[tuple[Row, Place]]:
        importer = self._named_importer()
        numbering = Numbering(samples=self._samples)
        for number, (line, raw) in enumerate(self._records(path)):
            try:
                importer = importer or detect(parse_object(raw, path, line), path, line)
                self._counts.importers.setdefault(str(path), importer.name)
                rows = self._converted(raw, importer, Origin(path, line, number, self._scores, numbering))
            except RowError as error:
                self._refuse(error)
            else:
                for row in rows:
                    yield row, (path, line)

    def _seed_files(self, paths: list[Path]) -> Iterator[tuple[Row, Place]]:
        """Files of one run of NeMo-Skills, a seed each, in lockstep. A greedy run becomes the last sample."""
        paths = sorted(paths, key=lambda path: (seed_of(path) is None, seed_of(path)))
        greedy_sample = max(seed_of(path) or 0 for path in paths) + 1
        numbering = Numbering(samples=self._samples)
        sources = [self._records(path) for path in paths]
        self._counts.importers.update({str(path): NEMO_SKILLS.name for path in paths})
        ended: set[Path] = set()
        for number in itertools.count():
            records = [next(source, None) for source in sources]
            if not any(records):
                return
            lines = [(path, *record) for path, record in zip(paths, records, strict=True) if record]
            for path in {path for path, record in zip(paths, records, strict=True) if not record} - ended:
                ended.add(path)
                self._refuse(ends_first(path, lines[0][:2], number))
            first: tuple[Row, Place] | None = None
            for path, line, raw in lines:
                try:
                    origin = Origin(path, line, number, self._scores, numbering)
                    (row,) = self._converted(raw, NEMO_SKILLS, origin)
                    if seed_of(path) is None:
                        row = row.model_copy(update={"sample": greedy_sample, "temperature": 0.0})
                    first = first or (row, (path, line))
                    check_same_problem(row, (path, line), first=first)
                except RowError as error:
                    self._refuse(error)
                else:
                    yield row, (path, line)

    def _converted(self, raw: Raw, importer: Importer[Any], origin: Origin) -> list[Row]:
        """All rows of a record, or none: a record with one bad sample is bad."""
        try:
            if importer is CANONICAL and self._keeps_scores and isinstance(raw, bytes):
                return [Row.model_validate_json(raw)]
            record = parse_object(raw, origin.path, origin.line)
            return [Row.model_validate(fields) for fields in importer.convert(record, origin)]
        except ValidationError as error:
            raise field_error(error, origin.path, origin.line) from error
        except ValueError as error:
            raise RowError(origin.path, origin.line, f"{error}; {REMEDY}") from error

    def _records(self, path: Path) -> Iterator[tuple[int, Raw]]:
        """The records of a file. Where it cannot be read on, that is one bad row more and the end of it."""
        is_empty = True
        try:
            for record in raw_records(path):
                is_empty = False
                yield record
        except RowError as error:
            self._refuse(error)
            return
        if is_empty:
            self._refuse(RowError(path, 1, "expected at least one row, found an empty file; leave it out"))

    def _importer_of(self, path: Path) -> Importer[Any] | None:
        """The importer of a file from its first readable record; errors are left to the reading itself."""
        importer = self._named_importer()
        if importer is not None:
            return importer
        try:
            for line, raw in raw_records(path):
                return detect(parse_object(raw, path, line), path, line)
        except RowError:
            return None
        return None

    def _named_importer(self) -> Importer[Any] | None:
        return None if self._options.importer is None else named(self._options.importer)

    def _refuse(self, error: RowError) -> None:
        _refuse(error, self._options, self._counts)
