"""Writing canonical rows: whole files or none, the same bytes for the same rows."""

import contextlib
import gzip
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from reasoning.errors import InputError
from reasoning.formats.parquet import write_parquet
from reasoning.formats.rows import Row
from reasoning.formats.sources import STDIN, kind_of

UNFINISHED = ".part"  # what the name of a file ends in until it is whole


def write_rows(rows: Iterable[Row], path: Path | None, *, unfinished: Path | None = None) -> int:
    """Write rows as `.jsonl`, `.jsonl.gz` or `.parquet`; None or `-` is JSON Lines to standard output.

    The file appears under its name when it is complete. If `rows` raises, nothing is left behind.

    Args:
        rows: taken one by one.
        path: where to.
        unfinished: see `atomic_file`.

    Returns:
        The number of rows.

    Raises:
        InputError: the name has another suffix, or its folder cannot be written to.
    """
    lines = (row.to_json() for row in rows)
    if path is None or path == STDIN:
        return write_lines(lines, sys.stdout.buffer)
    if kind_of(path) not in {".jsonl", ".ndjson", ".parquet"}:
        raise InputError(f"{path}: expected a name ending in .jsonl, .jsonl.gz or .parquet, found {path.name!r}")
    with atomic_file(path, unfinished=unfinished) as file:
        if kind_of(path) == ".parquet":
            return write_parquet(rows, file)
        return write_lines(lines, file)


def write_lines(lines: Iterable[str], file: BinaryIO) -> int:
    """Write lines, which end without a break, as UTF-8; return their number."""
    num_lines = 0
    for line in lines:
        file.write(line.encode() + b"\n")
        num_lines += 1
    file.flush()
    return num_lines


@contextlib.contextmanager
def atomic_file(path: Path, *, unfinished: Path | None = None) -> Iterator[BinaryIO]:
    """A file to write to that takes its name when the block ends well, and vanishes when it does not.

    `.gz` compresses, without the time of writing. A pipe or a device is written to directly.

    Args:
        path: its name.
        unfinished: a folder for what is not whole, on the same file system; by default that of the file. A process
            that is killed leaves it there, as `.NAME.XXXXXXXX.part`.
    """
    with contextlib.ExitStack() as stack:
        if path.exists() and not path.is_file():
            if path.is_dir():
                raise InputError(f"{path}: expected the name of a file to write, found a folder")
            target: BinaryIO = stack.enter_context(path.open("wb"))
        else:
            target = stack.enter_context(_replacing(path, unfinished or path.parent))
        if path.suffix == ".gz":
            packed = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=target, mtime=0)
            target = cast(BinaryIO, stack.enter_context(packed))
        yield target


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk; nothing where the system cannot."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _replacing(path: Path, unfinished: Path) -> Iterator[BinaryIO]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        name = unfinished / f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}"
        file = name.open("xb")  # not by `tempfile`, whose files are for their owner only
    except OSError as error:
        raise InputError(f"{path}: expected a place to write to, found {error.strerror}") from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
        sync_folder(path.parent)
    except BaseException:
        name.unlink(missing_ok=True)
        raise
