"""The output of a long job in the making: whole shards in a folder, put together when all are there.

Beside `rows.jsonl` stands the folder `rows.jsonl.part` until the rows are complete, and `rows.jsonl.settings` from then
on. Neither name is one that the reading of a folder takes for samples. In the folder are `manifest.json`, all that
decides what the rows are, and a shard for each batch that is done; and whatever is not whole, the output itself too, so
that a kill leaves nothing beside the output but this folder.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from reasoning.errors import InputError
from reasoning.formats.rows import Row
from reasoning.formats.sources import kind_of
from reasoning.formats.write import UNFINISHED, atomic_file, write_rows

SUFFIXES = (".jsonl", ".ndjson", ".parquet")
MANIFEST = "manifest.json"
_LOCK = ".lock"
_NAME_DIGITS = 20
_OVERWRITE = "give the old settings, another -o, or --overwrite to start again"


@dataclass(frozen=True, slots=True)
class Shards:
    """The shards in a folder; goes to worker processes on any machine that sees the folder.

    Attributes:
        folder: where they are.
        configuration: digest of the manifest.
    """

    folder: Path
    configuration: str

    def name(self, keys: Iterable[object]) -> str:
        """The file name of the shard with the rows of these keys: a hash of them and of the configuration."""
        text = json.dumps([self.configuration, list(keys)])
        return hashlib.sha256(text.encode()).hexdigest()[:_NAME_DIGITS] + ".jsonl"

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def write(self, name: str, lines: Iterable[str]) -> None:
        """Write a shard: whole and on the disk when this returns, or not there at all."""
        with atomic_file(self.folder / name) as file:
            file.writelines(line.encode() + b"\n" for line in lines)

    def rows(self, name: str) -> list[Row]:
        """The rows of a shard; empty where it is not there, or is not what `write` left."""
        try:
            lines = (self.folder / name).read_bytes().splitlines(keepends=True)
            return [Row.model_validate_json(line) for line in lines] if lines[-1:] and lines[-1].endswith(b"\n") else []
        except (FileNotFoundError, ValueError):
            return []

    def copy(self, name: str, file: BinaryIO) -> None:
        """Append the bytes of a shard to a file."""
        with (self.folder / name).open("rb") as shard:
            shutil.copyfileobj(shard, file)


class ShardedFile:
    """A file that is made of shards, to be used in a `with` block; killed at any moment, it can be opened again.

    Args:
        output: what is made: for rows `.jsonl`, `.jsonl.gz` or `.parquet`.
        settings: JSON values; all that decides what is in it. Shards made with others are never used.
        overwrite: start again, whatever is there. What is there stays until the new output replaces it.
        keeps_settings: the output is complete where it exists with these settings, which stay beside it. Else it is
            made again each time, and only one that was cut off is gone on with.

    Raises:
        InputError: another suffix, another process makes the output, or what is there was made otherwise.
    """

    def __init__(
        self, output: Path, settings: Mapping[str, Any], *, overwrite: bool = False, keeps_settings: bool = True
    ) -> None:
        if (keeps_settings and kind_of(output) not in SUFFIXES) or output.is_dir():
            raise InputError(
                f"{output}: expected a name ending in .jsonl, .jsonl.gz or .parquet, found {output.name!r}"
            )
        self._output = output
        self._settings = settings
        self._overwrite = overwrite
        self._keeps_settings = keeps_settings
        self._folder = output.with_name(output.name + ".part")
        self._done = output.with_name(output.name + ".part.old")
        self._settings_file = output.with_name(output.name + ".settings")
        text = json.dumps(settings, sort_keys=True)
        self.shards = Shards(self._folder, hashlib.sha256(text.encode()).hexdigest())

    def __enter__(self) -> Self:
        shutil.rmtree(self._done, ignore_errors=True)  # a run that was killed at its very end left it
        may_be_complete = self._keeps_settings and not self._overwrite and not self._folder.exists()
        self.is_complete = may_be_complete and self._output.exists()
        if self.is_complete:
            self._check_settings(self._settings_file)
            return self
        self._check_no_file()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = (self._folder / _LOCK).open("a")
        except OSError as error:
            raise InputError(f"{self._folder}: expected a place to write to, found {error.strerror}") from error
        self._lock()
        try:
            self._start()
        except BaseException:
            self._lock_file.close()
            raise
        if self.is_complete:
            self._lock_file.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.is_complete:
            self._lock_file.close()

    def finish_rows(self, names: Iterable[str], *, is_whole: bool = True) -> None:
        """Put the rows of shards, in this order, into the output; see `finish`."""
        if kind_of(self._output) == ".parquet":
            write_rows(self._rows(names), self._output, unfinished=self._folder)
            self._complete(is_whole=is_whole)
            return
        self.finish(lambda file: self._copy(names, file), is_whole=is_whole)

    def finish(self, write: Callable[[BinaryIO], object], *, is_whole: bool = True) -> None:
        """Make the output.

        Args:
            write: writes the whole output to a file.
            is_whole: all shards are there, so that they are needed no more. Else they stay for the next run.
        """
        with atomic_file(self._output, unfinished=self._folder) as file:
            write(file)
        self._complete(is_whole=is_whole)

    def _copy(self, names: Iterable[str], file: BinaryIO) -> None:
        for name in names:
            self.shards.copy(name, file)

    def _complete(self, *, is_whole: bool) -> None:
        """The output is there."""
        if not is_whole:
            self._settings_file.unlink(missing_ok=True)  # of the output that was there before
            return
        if self._keeps_settings:
            self._write_settings(self._settings_file)
        self._remove_shards()

    def _remove_shards(self) -> None:
        os.rename(self._folder, self._done)  # at once: half a folder would pass for work to be done
        shutil.rmtree(self._done, ignore_errors=True)

    def _rows(self, names: Iterable[str]) -> Iterator[Row]:
        for name in names:
            yield from self.shards.rows(name)

    def _start(self) -> None:
        """Go on with what the folder holds, or empty it."""
        manifest = self._folder / MANIFEST
        if manifest.exists() and not self._overwrite:
            self._check_settings(manifest)
            for path in self._folder.glob(f".*{UNFINISHED}"):  # of a run that was killed
                path.unlink(missing_ok=True)
            return
        if self._keeps_settings and self._output.exists() and not self._overwrite:  # starting again had just begun
            self._check_settings(self._settings_file)
            self._remove_shards()
            self.is_complete = True
            return
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()
        self._write_settings(manifest)

    def _write_settings(self, path: Path) -> None:
        with atomic_file(path, unfinished=self._folder) as file:
            file.write(json.dumps(self._settings, indent=1, ensure_ascii=False).encode() + b"\n")

    def _check_no_file(self) -> None:
        """An earlier version wrote a file of this name."""
        if self._folder.is_file():
            if not self._overwrite:
                raise InputError(
                    f"{self._folder}: expected a folder of shards, found a file; remove it, or --overwrite"
                )
            self._folder.unlink()

    def _lock(self) -> None:
        """The system opens the lock when the process ends, however it does."""
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = os.path.samestat(os.fstat(self._lock_file.fileno()), os.stat(self._folder / _LOCK))
        except OSError:  # it is locked, or the run that had it has just ended and removed it
            is_ours = False
        if not is_ours:
            self._lock_file.close()
            raise InputError(
                f"{self._folder}: expected to be alone in writing it, found another process that does; wait for it"
            )

    def _check_settings(self, path: Path) -> None:
        """Refuse to go on with, or take for complete, what was made otherwise."""
        if not path.exists():
            raise InputError(f"{self._output}: expected no such file, found one of unknown settings; {_OVERWRITE}")
        try:
            before = json.loads(path.read_bytes())
        except ValueError as error:
            raise InputError(f"{path}: expected JSON, found {error}; {_OVERWRITE}") from error
        now = json.loads(json.dumps(self._settings))
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        if changed:
            listed = ", ".join(f"{name} {_shown(before.get(name))} (now {_shown(now.get(name))})" for name in changed)
            raise InputError(f"{self._output}: expected rows of the same settings, found {listed}; {_OVERWRITE}")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
