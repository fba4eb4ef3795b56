"""Which examples a step sees, and how they become tensors.

Everything here is a function of the lengths, a seed and an epoch, so that a resumed run sees what an uninterrupted one
sees, and any number of processes sees the same steps.

Shapes: B rows, T positions, N completion tokens of a batch.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from reasoning.training.examples import Examples
from reasoning.training.processes import Place
from reasoning.training.shapes import WIDTH, rounded_rows, rounded_up

T = TypeVar("T")
WINDOW_STEPS = 32  # examples of like length are sought among those of this many steps


class StepSize(Protocol):
    """The part of a recipe that says how large steps and batches are."""

    @property
    def tokens(self) -> int: ...

    @property
    def micro_tokens(self) -> int | None: ...


@dataclass(frozen=True)
class Batch:
    """Rows of tokens padded at the right. A causal model needs no mask for that: padding is behind what it predicts.

    Attributes:
        input_ids_BT: prompts and completions.
        position_ids_BT: where rows hold several examples, each counted from 0; else None.
        index_N: flat position in B * T of the token before each completion token.
        targets_N: the completion tokens.
        example_N: which of the batch's examples each belongs to.
    """

    input_ids_BT: Tensor
    position_ids_BT: Tensor | None
    index_N: Tensor
    targets_N: Tensor
    example_N: Tensor

    def to(self, device: torch.device) -> "Batch":
        position_ids = self.position_ids_BT
        return Batch(
            self.input_ids_BT.to(device, non_blocking=True),
            None if position_ids is None else position_ids.to(device, non_blocking=True),
            self.index_N.to(device, non_blocking=True),
            self.targets_N.to(device, non_blocking=True),
            self.example_N.to(device, non_blocking=True),
        )


def mixture(sizes: Sequence[int], weights: Sequence[float], *, seed: int, epoch: int) -> list[int]:
    """The examples of one epoch in the order in which they are seen; sources lie one behind the other.

    A source of weight 1 is seen once an epoch, one of weight 0.5 once in two epochs, one of weight 2 twice.
    """
    order: list[int] = []
    first = 0
    for source, (size, weight) in enumerate(zip(sizes, weights, strict=True)):
        start, stop = int(epoch * weight * size), int((epoch + 1) * weight * size)
        passes = range(start // size, -(-stop // size)) if size else range(0)
        for number in passes:
            rows = _shuffled(range(first, first + size), f"{seed}/source {source}/{number}")
            order += rows[max(0, start - number * size) : stop - number * size]
        first += size
    return _shuffled(order, f"{seed}/epoch {epoch}")


def plan_epoch(order: Sequence[int], lengths: Sequence[int], *, tokens: int, seed: int, epoch: int) -> list[list[int]]:
    """Cut an epoch into steps of examples of like length.

    Args:
        order: the epoch's examples.
        lengths: tokens of each example that there is.
        tokens: most tokens of a step, padding included; an example longer than that is a step of its own.
    """
    steps: list[list[int]] = []
    for number, window in enumerate(_windows(order, lengths, WINDOW_STEPS * tokens)):
        cut = list(split_padded(sorted(window, key=lambda i: lengths[i]), lengths, tokens=tokens))
        steps += _shuffled(cut, f"{seed}/epoch {epoch}/window {number}")
    return steps


def split_padded(examples: Sequence[int], lengths: Sequence[int], *, tokens: int) -> Iterator[list[int]]:
    """Cut examples, in their order, into batches of at most `tokens` tokens, padding included."""
    batch: list[int] = []
    longest = 0
    for example in examples:
        longest = max(longest, lengths[example])
        if batch and longest * (len(batch) + 1) > tokens:
            yield batch
            batch, longest = [], lengths[example]
        batch.append(example)
    if batch:
        yield batch


def share_of_rank(batches: Sequence[list[int]], *, rank: int, num_ranks: int) -> list[list[int]]:
    """The batches of one process. All get the same number; an empty batch fills up where they do not divide."""
    rounds = -(-len(batches) // num_ranks)
    padded = [*batches, *([] for _ in range(rounds * num_ranks - len(batches)))]
    return padded[rank::num_ranks]


def batches_of_rank(rows: Sequence[int], lengths: Sequence[int], section: StepSize, place: Place) -> list[list[int]]:
    """This process's batches of a step.

    Args:
        rows: what the step sees, by length.
        lengths: tokens of each example that there is.
        section: tokens of a step and of a batch.
        place: this process among the others.
    """
    tokens = section.micro_tokens or -(-section.tokens // place.num_ranks)
    batches = list(split_padded(rows, lengths, tokens=tokens))
    return share_of_rank(batches, rank=place.rank, num_ranks=place.num_ranks)


def collate(examples: Examples, rows: Sequence[int]) -> Batch:
    """One example a row."""
    return _collate(examples, [[row] for row in rows], packed=False)


def collate_packed(examples: Examples, rows: Sequence[int], *, width: int) -> Batch:
    """Several examples a row, as many as fit; positions count from 0 in each, by which transformers keeps them apart.

    Args:
        width: tokens of a row at most; one that a single example exceeds is as long as that.
    """
    bins: list[list[int]] = []
    room = 0
    for row in rows:
        length = examples.length(row)
        if not bins or length > room:
            bins.append([])
            room = width
        bins[-1].append(row)
        room -= length
    return _collate(examples, bins, packed=True)


def _collate(examples: Examples, bins: Sequence[Sequence[int]], *, packed: bool) -> Batch:
    longest = max(sum(examples.length(row) for row in bin_rows) for bin_rows in bins)
    width = max(longest, min(rounded_up(longest, WIDTH), examples.longest))  # never beyond the context
    num_rows = rounded_rows(len(bins))
    input_ids_BT = torch.zeros((num_rows, width), dtype=torch.long)
    position_ids_BT = torch.arange(width).repeat(num_rows, 1)
    index: list[Tensor] = []
    for i, bin_rows in enumerate(bins):
        start = 0
        for row in bin_rows:
            length = examples.length(row)
            input_ids_BT[i, start : start + length] = torch.from_numpy(examples.tokens(row))
            position_ids_BT[i, start:] = torch.arange(width - start)
            first = i * width + start
            index.append(torch.arange(first + examples.prompt_length(row) - 1, first + length - 1))
            start += length
    index_N = torch.cat(index)
    return Batch(
        input_ids_BT=input_ids_BT,
        position_ids_BT=position_ids_BT if packed else None,
        index_N=index_N,
        targets_N=input_ids_BT.flatten()[index_N + 1],
        example_N=torch.repeat_interleave(torch.arange(len(index)), torch.tensor([len(part) for part in index])),
    )


def _windows(order: Sequence[int], lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    window: list[int] = []
    total = 0
    for example in order:
        window.append(example)
        total += lengths[example]
        if total >= tokens:
            yield window
            window, total = [], 0
    if window:
        yield window


def _shuffled(items: Sequence[T], key: str) -> list[T]:
    shuffled = list(items)
    random.Random(key).shuffle(shuffled)
    return shuffled
