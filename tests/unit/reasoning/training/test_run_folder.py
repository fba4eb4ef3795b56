"""The run's folder: one run of one recipe at a time."""

from pathlib import Path

import pytest
import torch

from reasoning.config import Section
from reasoning.errors import InputError
from reasoning.training.processes import Place
from reasoning.training.run_folder import RunFolder, enter_run_folder

FIRST = Place(rank=0, num_ranks=1, device=torch.device("cpu"))


class Recipe(Section):
    lr: float = 0.1


def enter(folder: Path, *, lr: float = 0.1, overwrite: bool = False) -> RunFolder:
    run = RunFolder(folder)
    with enter_run_folder(run, Recipe(lr=lr), FIRST, overwrite=overwrite):
        return run


def test_the_same_recipe_enters_again(tmp_path: Path) -> None:
    run = enter(tmp_path / "run")
    assert run.recipe.read_text() == "lr: 0.1\n"
    run.checkpoints.mkdir()
    enter(tmp_path / "run")
    assert run.checkpoints.exists()


def test_another_recipe_is_refused_with_what_differs(tmp_path: Path) -> None:
    enter(tmp_path)
    with pytest.raises(InputError, match=r"found lr: 0.1, now 0.2; go on with the old setting, .* --overwrite"):
        enter(tmp_path, lr=0.2)


def test_overwrite_removes_the_run_and_nothing_else(tmp_path: Path) -> None:
    run = enter(tmp_path)
    run.model.mkdir()
    (tmp_path / "notes.txt").touch()
    enter(tmp_path, lr=0.2, overwrite=True)
    assert (tmp_path / "notes.txt").exists()
    assert not run.model.exists()
    assert run.recipe.read_text() == "lr: 0.2\n"


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="expected an empty folder or one of a run, found other files"):
        enter(tmp_path)
    with pytest.raises(InputError, match="expected a folder for the run, found a file"):
        enter(tmp_path / "notes.txt")


def test_a_second_run_at_the_same_time(tmp_path: Path) -> None:
    with (
        enter_run_folder(RunFolder(tmp_path), Recipe(), FIRST, overwrite=False),
        pytest.raises(InputError, match="expected no other run in it, found one going on"),
    ):
        enter(tmp_path)
