"""The processes of one run, as torchrun and the DeepSpeed launcher start them."""

import atexit
import os
import sys
from dataclasses import dataclass

import torch
from torch import distributed


@dataclass(frozen=True)
class Place:
    """Which of the run's processes this is, and where it computes."""

    rank: int
    num_ranks: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def say(self, text: str) -> None:
        """Say something on standard error, once for all processes."""
        if self.is_first:
            print(text, file=sys.stderr, flush=True)


def this_place() -> Place:
    """Read the launcher's environment variables and meet the other processes; one process where there are none.

    On a GPU, PyTorch is told to take algorithms that give the same result each time, so that a resumed run ends as an
    uninterrupted one does.
    """
    rank, num_ranks = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    else:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    if num_ranks > 1:
        meet(device)
    return Place(rank=rank, num_ranks=num_ranks, device=device)


def meet(device: torch.device, *, alone: bool = False) -> None:
    """Join the other processes, until this one ends: DeepSpeed cannot meet twice.

    Args:
        device: where this process computes.
        alone: there is no launcher, and no other process.
    """
    if distributed.is_initialized():
        return
    backend = "nccl" if device.type == "cuda" else "gloo"
    if alone:
        store = distributed.HashStore()  # type: ignore[attr-defined]
        distributed.init_process_group(backend, store=store, rank=0, world_size=1)
    else:
        distributed.init_process_group(backend)
    atexit.register(distributed.destroy_process_group)


def total(value: float, place: Place) -> float:
    """The sum of the values over all processes."""
    if place.num_ranks == 1:
        return value
    tensor = torch.tensor(value, dtype=torch.float64, device=place.device)
    distributed.all_reduce(tensor)
    return float(tensor)


def wait_for_all(place: Place) -> None:
    """Return when every process is here."""
    if place.num_ranks > 1:
        distributed.barrier()
