"""Checkpoints: whole folders or none. The last two are kept."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from reasoning.errors import QuorumError
from reasoning.training.processes import Place, wait_for_all

NUM_KEPT = 2
_PREFIX, _PART = "step-", ".part"


def checkpoint_folder(checkpoints: Path, step: int) -> Path:
    """Where the checkpoint after `step` steps is."""
    return checkpoints / f"{_PREFIX}{step:08d}"


def checkpoint_steps(checkpoints: Path) -> list[int]:
    """The steps of the whole checkpoints that there are, in order."""
    names = (path.name for path in checkpoints.glob(f"{_PREFIX}*") if path.is_dir())
    return sorted(int(name.removeprefix(_PREFIX)) for name in names if name.removeprefix(_PREFIX).isdecimal())


def remove_parts(folder: Path) -> None:
    """Remove what a killed process left half-written or half-removed in a folder."""
    for path in folder.glob(f"*{_PART}"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def prune(checkpoints: Path) -> None:
    """Remove all whole checkpoints but the last two."""
    for step in checkpoint_steps(checkpoints)[:-NUM_KEPT]:
        _remove(checkpoint_folder(checkpoints, step))


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill that takes its name when the block ends well, and vanishes when it does not.

    What bears the name before is replaced. Everything is on the disk before the name is.

    Raises:
        QuorumError: the disk is full or cannot be written to.
    """
    part = _part(folder)
    with _writing(folder):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    try:
        with _writing(folder):
            yield part
            sync_folder(part)
            if folder.exists():
                _remove(folder)
            os.replace(part, folder)
            _sync(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


@contextlib.contextmanager
def whole_folder_of_all(folder: Path, place: Place) -> Iterator[Path]:
    """As `whole_folder`, filled by all processes, which share the disk."""
    if place.is_first:
        with whole_folder(folder) as part:
            wait_for_all(place)
            yield part
            wait_for_all(place)
    else:
        wait_for_all(place)
        yield _part(folder)
        wait_for_all(place)
    wait_for_all(place)  # it has its name


def sync_folder(folder: Path) -> None:
    """Put every file below a folder on the disk."""
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _part(folder: Path) -> Path:
    return folder.with_name(folder.name + _PART)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(folder: Path) -> None:
    """Remove a folder; if that is cut short, what is left does not bear its name."""
    gone = folder.with_name(f".{folder.name}{_PART}")
    shutil.rmtree(gone, ignore_errors=True)
    os.replace(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error), full=error.errno == errno.ENOSPC) from error
    except Exception as error:  # safetensors reports a full disk with an error of its own
        if type(error).__name__ != "SafetensorError":
            raise
        raise _unwritable(folder, str(error), full="os error 28" in str(error)) from error


def _unwritable(folder: Path, found: str, *, full: bool) -> QuorumError:
    remedy = "make room, then run the same command again" if full else "check the disk and permissions"
    return QuorumError(f"{folder}: expected to write it, found {found}; nothing half-written is left; {remedy}")
