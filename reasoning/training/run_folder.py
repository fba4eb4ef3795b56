"""The folder of one training run: its recipe, checkpoints, metrics and the model it ends with.

recipe.yaml     every setting of the run
checkpoints/    the last two
exports/        the model folders that were the best on validation so far
tokenizer/      where it is trained for the run
metrics.jsonl   one line every few steps
tensorboard/    the same for TensorBoard
model/          the model, when the run is done
"""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from reasoning.config import differences, load_recipe, resolved, write_recipe
from reasoning.errors import InputError
from reasoning.training.checkpoints import remove_parts
from reasoning.training.processes import Place, wait_for_all


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run are."""

    path: Path

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.yaml"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer"

    @property
    def exports(self) -> Path:
        return self.path / "exports"

    @property
    def model(self) -> Path:
        return self.path / "model"


@contextlib.contextmanager
def enter_run_folder(folder: RunFolder, recipe: BaseModel, place: Place, *, overwrite: bool) -> Iterator[None]:
    """Start a run in the folder, or go on with it, and keep a second one out meanwhile.

    Args:
        recipe: is written, with all its settings, when the run starts; it must be the same when it goes on.
        place: the first process does it, the others wait for that.
        overwrite: remove what an earlier run wrote.

    Raises:
        InputError: the folder holds a run of another recipe, or files of no run, or another process runs in it.
    """
    with contextlib.ExitStack() as stack:
        if place.is_first:
            if folder.path.exists() and not folder.path.is_dir():
                raise InputError(f"{folder.path}: expected a folder for the run, found a file")
            folder.path.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_locked(folder))
            _check_content(folder)
            for path in (folder.path, folder.checkpoints, folder.exports):
                remove_parts(path)
            if overwrite:
                _remove_run(folder)
            if folder.recipe.exists():
                _check_recipe(folder, recipe)
            else:
                write_recipe(recipe, folder.recipe)
        wait_for_all(place)
        yield


@contextlib.contextmanager
def _locked(folder: RunFolder) -> Iterator[None]:
    """The system opens the lock when the process ends, however it does."""
    with folder.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"{folder.path}: expected no other run in it, found one going on; wait for it") from error
        yield


def _remove_run(folder: RunFolder) -> None:
    parts = (folder.model, folder.checkpoints, folder.exports, folder.metrics, folder.tensorboard, folder.tokenizer)
    for path in (*parts, folder.recipe):  # a removal that is cut short leaves the recipe, so that it can be repeated
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _check_content(folder: RunFolder) -> None:
    ours = (folder.lock.name, f".{folder.recipe.name}.")  # the second is of a recipe that was half-written
    if not folder.recipe.exists() and any(not path.name.startswith(ours) for path in folder.path.iterdir()):
        raise InputError(f"{folder.path}: expected an empty folder or one of a run, found other files in it")


def _check_recipe(folder: RunFolder, recipe: BaseModel) -> None:
    old = load_recipe(type(recipe), folder.recipe)
    changed = differences(resolved(old), resolved(recipe))
    if changed:
        raise InputError(
            f"{folder.path}: expected the recipe that the run there was started with, found {'; '.join(changed[:5])}; "
            "go on with the old setting, take another folder, or start again with --overwrite"
        )
