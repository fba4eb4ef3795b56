"""Rows in any order, spread over files so that all rows of a problem are in one, and each fits into memory."""

import contextlib
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reasoning.formats import ReadCounts, ReadOptions
from reasoning.formats.read import json_of
from reasoning.formats.rows import Row
from reasoning.formats.write import sync_folder

BUCKET_BYTES = 8 << 20  # of rows as JSON: a worker takes several times that
MOST_BUCKETS = 512  # open files; beyond 4 GiB of rows the buckets grow
ROW_BYTES = 200  # of a row, its texts not counted
VALUE_BYTES = 8  # of a value in a row's other fields, its text not counted
PACKED = 6  # how many bytes a byte of gzip or Parquet is taken for

Placed = tuple[Row, tuple[Path, int]]


def taken(rows: Iterator[Placed]) -> tuple[list[Placed], bool]:
    """The first rows, as many as fit a bucket, and whether they are all."""
    first: list[Placed] = []
    num_bytes = 0
    for placed in rows:
        first.append(placed)
        row = placed[0]
        num_bytes += ROW_BYTES + len(row.problem) + len(row.generation) + _num_bytes(row.model_extra)
        if num_bytes > BUCKET_BYTES:
            return first, False
    return first, True


def _num_bytes(fields: dict[str, object] | None) -> int:
    """About what fields take whose values may be any, at any depth."""
    num_bytes, values = 0, list((fields or {}).values())
    while values:
        value = values.pop()
        num_bytes += VALUE_BYTES
        if isinstance(value, str | bytes):
            num_bytes += len(value)
        elif isinstance(value, dict):
            values += [*value, *value.values()]
        elif isinstance(value, list):
            values += value
    return num_bytes


def of_first_problems(rows: Iterable[Placed], limit: int) -> Iterator[Placed]:
    """The rows of the first problems; all rows are looked at, for those of a problem may be far apart."""
    ids: set[str] = set()
    for row, place in rows:
        if row.id in ids or len(ids) < limit:
            ids.add(row.id)
            yield row, place


def num_buckets(files: Sequence[Path]) -> int:
    """How many buckets the rows of some files need; the size of what is no file is not known, and taken for large."""
    num_bytes = 0
    for path in files:
        if not path.is_file():
            return MOST_BUCKETS // 4
        num_bytes += path.stat().st_size * (PACKED if path.suffix in (".gz", ".parquet") else 1)
    return min(num_bytes // BUCKET_BYTES + 1, MOST_BUCKETS)


def bucket_path(folder: Path, number: int) -> Path:
    return folder / f"bucket-{number:03}"


def spread(
    rows: Iterable[Placed], folder: Path, num_buckets: int, *, options: ReadOptions, counts: ReadCounts
) -> list[Path]:
    """Write rows to buckets by their problem's id; they are on the disk when this returns.

    Args:
        rows: with their places.
        folder: exists.
        num_buckets: see `num_buckets`.
        options: for rows that JSON cannot hold.
        counts: of the reading; such rows are added.

    Returns:
        The files that the places name, which `read_bucket` wants.

    Raises:
        RowError: see `json_of`.
    """
    numbers: dict[Path, int] = {}
    with contextlib.ExitStack() as stack:
        buckets = [stack.enter_context(bucket_path(folder, i).open("wb", 1 << 14)) for i in range(num_buckets)]
        for row, (path, line) in rows:
            number = numbers.setdefault(path, len(numbers))
            text = json_of(row, (path, line), options=options, counts=counts)
            if text is not None:
                buckets[zlib.crc32(row.id.encode()) % num_buckets].write(b"%d %d %s\n" % (number, line, text))
        for bucket in buckets:
            bucket.flush()
            os.fsync(bucket.fileno())
    sync_folder(folder)
    return list(numbers)


def read_bucket(path: Path, files: Sequence[Path]) -> Iterator[Placed]:
    """The rows of a bucket with their places, in the order in which they came."""
    with path.open("rb") as bucket:
        for entry in bucket:
            number, line, text = entry.split(b" ", 2)
            yield Row.model_validate_json(text), (files[int(number)], int(line))
