"""The raw records of one file, one at a time: JSON Lines, JSON arrays, YAML and Parquet, also in gzip."""

import contextlib
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from reasoning.errors import InputError, RowError
from reasoning.formats.json_values import JsonValues
from reasoning.formats.parquet import read_parquet

STDIN = Path("-")
MAX_RECORD_BYTES = 256 << 20
MAX_YAML_DEPTH = 32

# What a record is before it is parsed. An error stands for a record that could not be read, with more to
# follow.
Raw = bytes | dict[str, Any] | RowError

# what tools, Quorum among them, write about samples beside them, left out when a folder is read
_SUMMARY = re.compile(r"(results_.*|(.*_)?metrics|avg_result|config|report)\.json|(per_problem|selections)\.jsonl")
_SUFFIXES = {".jsonl", ".ndjson", ".json", ".yaml", ".yml", ".parquet"}
_GZIP, _PARQUET, _BOM = b"\x1f\x8b", b"PAR1", b"\xef\xbb\xbf"
_CORRUPT = (EOFError, gzip.BadGzipFile, zlib.error)


def data_files(paths: list[Path]) -> list[Path]:
    """The files to read: `paths`, with each folder replaced by its data files, sorted, and no file twice.

    Raises:
        InputError: a path does not exist, or a folder holds no data file.
    """
    files: dict[Path, Path] = {}
    for path in paths:
        for file in _files_of(path):
            files.setdefault(file.resolve() if file != STDIN else file, file)
    if not files:
        raise InputError("expected at least one file of samples, found none; name files or a folder")
    return list(files.values())


def _files_of(path: Path) -> list[Path]:
    if path == STDIN:
        return [path]
    if not path.exists():
        raise InputError(f"{path}: expected a file or a folder, found nothing there; check the path")
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if _is_data(file))
    if not files:
        kinds = ", ".join(sorted(_SUFFIXES))
        raise InputError(f"{path}: expected data files ({kinds}, also .gz) in the folder, found none")
    return files


def _is_data(file: Path) -> bool:
    return kind_of(file) in _SUFFIXES and not _SUMMARY.fullmatch(file.name) and file.is_file()


def kind_of(path: Path) -> str:
    """The suffix that says what is inside: `.jsonl` of `a.jsonl.gz`."""
    return Path(path.stem if path.suffix == ".gz" else path.name).suffix.lower()


def raw_records(path: Path) -> Iterator[tuple[int, Raw]]:
    """Yield (line, record) of a file; never more than one record and a buffer in memory.

    Lines count from 1; of a Parquet file it is the row's number. What the file holds is found from its
    first bytes, and from the suffix for YAML.

    Raises:
        RowError: the file cannot be read on from here.
    """
    with _opened(path) as stream:
        try:
            head = cast(bytes, stream.peek(1024))  # type: ignore[attr-defined]
        except _CORRUPT as error:
            raise _corrupt(path, 1, error) from error
        if head.startswith(_PARQUET):
            yield from read_parquet(path)
        elif kind_of(path) in {".yaml", ".yml"}:
            yield from _yaml(path, stream)
        else:
            if head.startswith(_BOM):
                stream.read(len(_BOM))
                head = head[len(_BOM) :]
            is_array = head.lstrip().startswith(b"[") or kind_of(path) == ".json"
            yield from _json_values(path, stream) if is_array else _json_lines(path, stream)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with contextlib.ExitStack() as stack:
        try:
            file = sys.stdin.buffer if path == STDIN else stack.enter_context(path.open("rb"))
        except OSError as error:
            raise InputError(f"{path}: expected a readable file, found {error.strerror}") from error
        assert isinstance(file, io.BufferedReader)
        try:
            packed = file.peek(2).startswith(_GZIP)
        except OSError as error:
            raise InputError(f"{path}: expected a readable file, found {error.strerror}") from error
        if packed:
            yield cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=file)))
        else:
            yield file


def _json_lines(path: Path, stream: BinaryIO) -> Iterator[tuple[int, Raw]]:
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(MAX_RECORD_BYTES + 1)
        except _CORRUPT as error:
            raise _corrupt(path, number, error) from error
        if not line:
            return
        if len(line) > MAX_RECORD_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_RECORD_BYTES)
            problem = f"expected a line of at most {MAX_RECORD_BYTES:,} bytes, found a longer one; split the record"
            yield number, RowError(path, number, problem)
        elif not line.isspace():
            yield number, line


def _json_values(path: Path, stream: BinaryIO) -> Iterator[tuple[int, Raw]]:
    values = JsonValues(stream, max_bytes=MAX_RECORD_BYTES)
    try:
        yield from values
    except _CORRUPT as error:
        raise _corrupt(path, values.line, error) from error
    except ValueError as error:
        raise RowError(path, values.line, str(error)) from error


def _corrupt(path: Path, line: int, error: Exception) -> RowError:
    problem = f"expected an intact gzip file, found one that breaks here ({error}); copy or compress it again"
    return RowError(path, line, problem)


def _yaml(path: Path, stream: BinaryIO) -> Iterator[tuple[int, Raw]]:
    """The one document of a YAML file, built by PyYAML's safe loader: plain values, never objects."""
    import yaml  # type: ignore[import-untyped]  # ships no types

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = stream.read(MAX_RECORD_BYTES + 1)
        if len(text) > MAX_RECORD_BYTES:
            raise RowError(path, 1, f"expected a document of at most {MAX_RECORD_BYTES:,} bytes, found a longer one")
        if text.strip() and not text.endswith(b"\n"):  # every dump ends in one; half a text is valid YAML too
            raise RowError(
                path,
                text.count(b"\n") + 1,
                "expected a line break at the end, found none; the file was cut off",
            )
        _check_yaml(yaml.parse(text, Loader=loader), path)
        document = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise RowError(path, line, f"expected YAML, found {getattr(error, 'problem', None) or error}") from error
    except _CORRUPT as error:
        raise _corrupt(path, 1, error) from error
    if isinstance(document, dict):
        yield 1, document
    elif document is not None:
        raise RowError(path, 1, f"expected a mapping of fields, found a {type(document).__name__}")


def _check_yaml(events: Iterator[Any], path: Path) -> None:
    """Refuse what the loader should not be given: it recurses without a guard, and aliases multiply text."""
    import yaml

    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1
        if depth > MAX_YAML_DEPTH:
            raise RowError(path, line, f"expected a document at most {MAX_YAML_DEPTH} levels deep, found a deeper one")
        if isinstance(event, yaml.AliasEvent):
            raise RowError(path, line, f"expected a document without aliases, found *{event.anchor}; write it out")
