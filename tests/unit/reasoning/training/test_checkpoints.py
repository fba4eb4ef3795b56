"""Checkpoints: whole ones or none, whatever happens while one is written."""

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from reasoning.errors import QuorumError
from reasoning.training.checkpoints import checkpoint_folder, checkpoint_steps, prune, remove_parts, whole_folder


@pytest.fixture
def most_bytes() -> Iterator[int]:
    """No file can be longer than this meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    yield 10_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write(folder: Path, step: int) -> None:
    with whole_folder(checkpoint_folder(folder, step)) as part:
        (part / "weights").write_text(str(step))


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 15, 100_000_000):
        write(tmp_path, step)
    prune(tmp_path)
    assert checkpoint_steps(tmp_path) == [15, 100_000_000]
    assert (checkpoint_folder(tmp_path, 15) / "weights").read_text() == "15"


def test_a_torn_one_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, 1)
    torn = tmp_path / "step-00000002.part"
    torn.mkdir()
    (torn / "weights").write_text("2")
    assert checkpoint_steps(tmp_path) == [1]
    remove_parts(tmp_path)
    assert checkpoint_steps(tmp_path) == [1]
    assert not torn.exists()


def test_one_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (checkpoint_folder(tmp_path, 1) / "more").touch()
    write(tmp_path, 1)
    assert [path.name for path in checkpoint_folder(tmp_path, 1).iterdir()] == ["weights"]


def test_nothing_is_left_of_one_that_fails(tmp_path: Path) -> None:
    def write_half() -> None:
        with whole_folder(tmp_path / "folder") as part:
            (part / "weights").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write(tmp_path, 1)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(QuorumError, match="found No space left on device; nothing half-written is left; make room"):
        write(tmp_path, 2)
    assert checkpoint_steps(tmp_path) == [1]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_safetensors_cannot_write(tmp_path: Path, most_bytes: int) -> None:
    def write_weights() -> None:
        with whole_folder(tmp_path / "folder") as part:
            save_file({"a": torch.zeros(most_bytes)}, part / "weights.safetensors")

    with pytest.raises(QuorumError, match=r"expected to write it, found .*; nothing half-written"):
        write_weights()
    assert list(tmp_path.iterdir()) == []
