"""How far a run is: what a checkpoint keeps beside weights and optimizer."""

import hashlib
import math
from pathlib import Path
from typing import Self

import torch
from pydantic import BaseModel, ConfigDict

from reasoning.errors import QuorumError
from reasoning.formats.write import atomic_file

STATE = "state.json"


class Progress(BaseModel):
    """What was done. The order of the data and all randomness are functions of the seed and the step.

    Attributes:
        step: steps that are done.
        num_tokens: tokens that went through the model, padding not counted.
        best_step: the step whose weights were the best on validation so far.
        best_accuracy: theirs.
        num_worse: validations since accuracy last rose.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: int = 0
    num_tokens: int = 0
    best_step: int | None = None
    best_accuracy: float | None = None
    num_worse: int = 0

    def after_step(self, num_tokens: int) -> Self:
        return self.model_copy(update={"step": self.step + 1, "num_tokens": self.num_tokens + num_tokens})

    def after_validation(self, accuracy: float) -> Self:
        """Of two equally good steps, the later one is the best, but that is no progress."""
        best = -1.0 if self.best_accuracy is None else self.best_accuracy
        num_worse = 0 if accuracy > best else self.num_worse + 1
        if accuracy < best:
            return self.model_copy(update={"num_worse": num_worse})
        return self.model_copy(update={"best_step": self.step, "best_accuracy": accuracy, "num_worse": num_worse})


def check_finite(loss: float, step: int) -> None:
    """End a run whose loss is no number, before its weights are saved.

    Args:
        step: counted from 0.

    Raises:
        QuorumError: it is infinite or NaN.
    """
    if not math.isfinite(loss):
        raise QuorumError(f"step {step + 1:,}: expected a finite loss, found {loss}; lower optimizer.lr")


def write_progress(progress: Progress, folder: Path) -> None:
    with atomic_file(folder / STATE) as file:
        file.write(progress.model_dump_json(indent=1).encode() + b"\n")


def read_progress(folder: Path) -> Progress:
    return Progress.model_validate_json((folder / STATE).read_bytes())


def seed_step(*, seed: int, step: int, rank: int) -> None:
    """Seed what a step draws, as dropout, so that it is the same after a resume."""
    key = hashlib.blake2b(f"{seed}/{step}/{rank}".encode(), digest_size=8).digest()
    torch.manual_seed(int.from_bytes(key) >> 1)
