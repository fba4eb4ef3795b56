"""Rows of a long job on their way to a file: appended as they are made, and still there after a kill.

Beside `rows.jsonl` stand `rows.jsonl.settings`, what its rows are made with, and until they are complete
`rows.jsonl.part`. Neither name is one that the reading of a folder takes for samples.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reasoning.errors import InputError
from reasoning.formats.rows import Row
from reasoning.formats.sources import kind_of
from reasoning.formats.write import atomic_file, write_rows

SUFFIXES = (".jsonl", ".ndjson", ".parquet")
_OVERWRITE = "give the old settings, another -o, or --overwrite to start again"


class PartFile:
    """A file of rows in the making, to be used in a `with` block; killed at any moment, it can be opened again.

    Args:
        output: where the rows go when all are there: `.jsonl`, `.jsonl.gz` or `.parquet`.
        settings: JSON values; all that decides what the rows are. Rows made with others are never added to.
        overwrite: start again, whatever is there. What is there stays until the new rows replace it.

    Raises:
        InputError: another suffix, another process writes the file, or what is there was made otherwise.
    """

    def __init__(self, output: Path, settings: Mapping[str, Any], *, overwrite: bool = False) -> None:
        if kind_of(output) not in SUFFIXES or output.is_dir():
            raise InputError(
                f"{output}: expected a name ending in .jsonl, .jsonl.gz or .parquet, found {output.name!r}"
            )
        self._output = output
        self._settings = settings
        self._overwrite = overwrite
        self._part = output.with_name(output.name + ".part")
        self._settings_file = output.with_name(output.name + ".settings")

    def __enter__(self) -> Self:
        is_new = self._overwrite or not (self._part.exists() or self._output.exists())
        if not is_new:
            self._check_settings()
        self.is_complete = not is_new and not self._part.exists()
        if self.is_complete:
            return self
        try:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("a+b")
        except OSError as error:
            raise InputError(f"{self._part}: expected a place to write to, found {error.strerror}") from error
        self._lock()
        if is_new:  # the empty part first: from here on, an older output is no longer taken for this one
            self._file.truncate(0)
            with atomic_file(self._settings_file) as file:
                file.write(json.dumps(self._settings, indent=1, ensure_ascii=False).encode() + b"\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.is_complete:
            self._file.close()

    def resume(self, *, block: int, total: int) -> Iterator[Row]:
        """The rows that are there, up to the last whole block; what stands behind it is cut off.

        Args:
            block: rows that are appended at a time, but for the last ones.
            total: rows of the whole file.
        """
        self._file.seek(0)
        ends = [0]
        for line in self._file:
            if line.endswith(b"\n"):
                ends.append(ends[-1] + len(line))
        num_rows = total if len(ends) > total else (len(ends) - 1) // block * block
        self._file.truncate(ends[num_rows])
        self._file.seek(0)
        return (Row.model_validate_json(self._file.readline()) for _ in range(num_rows))

    def append(self, rows: Iterable[Row]) -> None:
        """Add one block; it is on the disk when this returns."""
        self._file.write(b"".join(row.to_json().encode() + b"\n" for row in rows))
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Give the rows the output's name."""
        if kind_of(self._output) != ".parquet" and self._output.suffix != ".gz":
            os.replace(self._part, self._output)
            return
        self._file.seek(0)
        write_rows((Row.model_validate_json(line) for line in self._file), self._output)
        self._part.unlink()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise InputError(
                f"{self._part}: expected to be alone in writing it, found another process that does; wait for it"
            ) from error

    def _check_settings(self) -> None:
        """Refuse to go on with, or take for complete, rows that were made otherwise."""
        if not self._settings_file.exists():
            raise InputError(f"{self._output}: expected no such file, found one of unknown settings; {_OVERWRITE}")
        try:
            before = json.loads(self._settings_file.read_bytes())
        except ValueError as error:
            raise InputError(f"{self._settings_file}: expected JSON, found {error}; {_OVERWRITE}") from error
        now = json.loads(json.dumps(self._settings))
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        if changed:
            listed = ", ".join(f"{name} {_shown(before.get(name))} (now {_shown(now.get(name))})" for name in changed)
            raise InputError(f"{self._output}: expected rows of the same settings, found {listed}; {_OVERWRITE}")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
