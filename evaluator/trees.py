"""Token sequences with their common beginnings merged, so that a model reads what they share once.

A tree goes through a causal model as one row: its nodes in depth-first order, each at the position it has in its
sequences, each seeing itself and what is before it there. With rotary, learned or no positions that gives every node
what it would have in a row of its own.

Shapes: R trees (rows), N nodes of the longest, P tokens before all of them in a cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evaluator.verdict import Tokens, shared_length
from reasoning.training.shapes import rounded_up

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tree:
    """Some sequences, merged.

    Attributes:
        tokens: one a node.
        parents: the node before each; -1 at the beginning.
        depths: how many nodes are before each in its sequences.
        members: which of the given sequences the tree holds.
        paths: the nodes of each member.
    """

    tokens: IntArray
    parents: IntArray
    depths: IntArray
    members: tuple[int, ...]
    paths: tuple[IntArray, ...]

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def is_chain(self) -> bool:
        """Whether it is a plain row: an ordinary causal mask is right for it."""
        return bool((self.parents == np.arange(-1, len(self) - 1)).all())

    def sees(self) -> npt.NDArray[np.bool_]:
        """Which nodes each sees, [N, N]: those before it and itself."""
        sees = np.eye(len(self), dtype=np.bool_)
        for node, parent in enumerate(self.parents.tolist()):
            if parent >= 0:
                sees[node] |= sees[parent]
        return sees


@dataclass(frozen=True, slots=True)
class Cost:
    """What a row of n nodes behind P cached tokens costs: n * (per_token + per_pair * (P + n)).

    Attributes:
        per_token: of the layers' matrices.
        per_pair: of attention, for each token seen; masked ones are computed too.
        max_nodes: of one row, cached tokens counted, if sequences are merged in it; 0 merges nothing.
    """

    per_token: float
    per_pair: float
    max_nodes: int

    def row(self, nodes: int, before: int) -> float:
        return nodes * (self.per_token + self.per_pair * (before + nodes))


def grow(sequences: Sequence[Tokens], *, cost: Cost, before: int = 0) -> list[Tree]:
    """Merge sequences into as few trees as are worth it; see `partition`.

    Args:
        sequences: at least one token each; equal ones are merged wholly.
        cost: of a row.
        before: cached tokens that all rows see.
    """
    return [_merged(sequences, members) for members, _ in partition(sequences, cost=cost, before=before)]


def partition(sequences: Sequence[Tokens], *, cost: Cost, before: int = 0) -> list[tuple[list[int], int]]:
    """Which sequences to merge with which: places of sequences, and the nodes of their tree.

    In sorted order neighbours share most. A sequence joins the tree of its neighbour if that costs less than a tree of
    its own: what it shares is saved, but attention within a row is computed between all its nodes. Where one sequence
    alone is longer than a row may be, as with a window of attention, each is a plain row.
    """
    if before + max(map(len, sequences)) > cost.max_nodes:
        return [([i], len(sequence)) for i, sequence in enumerate(sequences)]
    parts: list[tuple[list[int], int]] = []
    for i in sorted(range(len(sequences)), key=lambda i: sequences[i]):
        length = len(sequences[i])
        if parts:
            members, nodes = parts[-1]
            joined = nodes + length - shared_length(sequences[members[-1]], sequences[i])
            apart = cost.row(nodes, before) + cost.row(length, before)
            if before + joined <= cost.max_nodes and cost.row(joined, before) <= apart:
                parts[-1] = ([*members, i], joined)
                continue
        parts.append(([i], length))
    return parts


def _merged(sequences: Sequence[Tokens], members: Sequence[int]) -> Tree:
    """One tree of sequences that are given in sorted order."""
    tokens: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    paths: list[list[int]] = []
    before: Tokens = ()
    for member in members:
        sequence = sequences[member]
        shared = shared_length(before, sequence)
        path = paths[-1][:shared] if paths else []
        for depth, token in enumerate(sequence[shared:], shared):
            parents.append(path[-1] if path else -1)
            path.append(len(tokens))
            tokens.append(token)
            depths.append(depth)
        paths.append(path)
        before = sequence
    return Tree(
        tokens=np.array(tokens, dtype=np.int64),
        parents=np.array(parents, dtype=np.int64),
        depths=np.array(depths, dtype=np.int64),
        members=tuple(members),
        paths=tuple(np.array(path, dtype=np.int64) for path in paths),
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Trees as tensors, padded at the right.

    Attributes:
        input_ids_RN: tokens.
        position_ids_RN: positions, cached tokens counted.
        mask_RN: which nodes each sees, [R, 1, N, P + N], 0 or the lowest number; None where all trees are chains and
            nothing is cached, for padding is then behind what any token sees.
    """

    input_ids_RN: Tensor
    position_ids_RN: Tensor
    mask_RN: Tensor | None


def to_rows(
    trees: Sequence[Tree],
    *,
    before: int = 0,
    device: torch.device,
    dtype: torch.dtype,
    pad_id: int = 0,
    width_step: int = 1,
) -> Rows:
    """Lay out trees for a model.

    Args:
        before: cached tokens, which every node sees.
        device: where the tensors go.
        dtype: the mask's, that of the attention.
        width_step: rows are as long as a multiple of it.
    """
    width = rounded_up(max(map(len, trees)), width_step)
    input_ids = np.full((len(trees), width), pad_id, dtype=np.int64)
    position_ids = np.full((len(trees), width), before, dtype=np.int64)
    for row, tree in enumerate(trees):
        input_ids[row, : len(tree)] = tree.tokens
        position_ids[row, : len(tree)] = tree.depths + before
    mask = None
    if before or not all(tree.is_chain for tree in trees):
        hidden = np.ones((len(trees), 1, width, before + width), dtype=np.bool_)
        hidden[:, :, :, :before] = False
        for row, tree in enumerate(trees):
            hidden[row, 0, : len(tree), before : before + len(tree)] = ~tree.sees()
        padding = np.arange(width)
        hidden[:, 0, padding, before + padding] = False  # a row that sees nothing has no softmax
        mask = torch.zeros(hidden.shape, dtype=dtype, device=device)
        mask.masked_fill_(torch.from_numpy(hidden).to(device), torch.finfo(dtype).min)
    return Rows(torch.from_numpy(input_ids).to(device), torch.from_numpy(position_ids).to(device), mask)
