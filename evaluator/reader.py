"""Sums of log-probabilities from a model, each text read once and what texts share computed once.

Shapes: R trees (rows), U nodes whose logits are wanted, S sums of log-probabilities, P cached tokens.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

from evaluator.forward import Reads, cost_of, logits_at, nodes_at, summed_logprobs
from evaluator.trees import Cost, Tree, grow, to_rows
from evaluator.verdict import Tokens, shared_length
from reasoning.training.batches import split_padded

TOKENS_PER_BATCH = {"cpu": 1024}  # what stays in a processor's cache
TOKENS_PER_BATCH_ELSEWHERE = 16_384
MIN_CACHED = 16  # tokens; a shorter beginning is computed again sooner than it is cached


class Reader:
    """Reads token sequences with a model.

    Args:
        model: a causal language model of transformers, in the state and on the device in which it is to run.
        cost: of rows; found out if None. `Cost(..., max_nodes=0)` computes a row for each sequence.
        max_tokens: the context; the model's own if None.
        tokens_per_batch: padding included; what suits the device if None.

    Attributes:
        num_tokens: that went through the model so far.
    """

    def __init__(
        self,
        model: Any,
        *,
        cost: Cost | None = None,
        max_tokens: int | None = None,
        tokens_per_batch: int | None = None,
    ) -> None:
        self.model = model
        self.cost = cost or cost_of(model)
        self.max_tokens = max_tokens or getattr(model.config, "max_position_embeddings", None)
        self.num_tokens = 0
        suited = TOKENS_PER_BATCH.get(model.device.type, TOKENS_PER_BATCH_ELSEWHERE)
        self._tokens_per_batch = tokens_per_batch or suited

    def fits(self, sequences: Sequence[Tokens]) -> bool:
        """Whether the context holds each of them."""
        return self.max_tokens is None or max(map(len, sequences)) <= self.max_tokens

    @torch.inference_mode()
    def sums(self, sequences: Sequence[Tokens], reads: Reads) -> list[float]:
        """The sums of the log-probabilities that are read in sequences."""
        trees = grow(sequences, cost=self.cost)
        before, cache = 0, None
        shared = min(shared_length(min(sequences), max(sequences)), int(reads.place_K.min()))
        if len(trees) > 1 and shared >= MIN_CACHED and max(map(len, sequences)) <= self.cost.max_nodes:
            before, cache = shared, self._prefilled(sequences[0][:shared])
            trees = grow([sequence[shared:] for sequence in sequences], cost=self.cost, before=shared)
        trees = sorted(trees, key=len)
        lengths = [len(tree) for tree in trees]
        self.num_tokens += before + sum(lengths)
        sums_S = torch.zeros(reads.num_sums)
        for batch in split_padded(range(len(trees)), lengths, tokens=self._tokens_per_batch):
            sums_S += self._batch([trees[i] for i in batch], reads, before, cache).cpu()
        sums: list[float] = sums_S.tolist()
        return sums

    def _batch(self, trees: list[Tree], reads: Reads, before: int, cache: DynamicCache | None) -> Tensor:
        """What some of the trees add to the sums."""
        device = self.model.device
        rows = to_rows(trees, before=before, device=device, dtype=self.model.dtype)
        members = [member for tree in trees for member in tree.members]
        here = np.isin(reads.sequence_K, members)
        nodes_K = nodes_at(
            trees, reads.sequence_K[here], reads.place_K[here], width=rows.input_ids_RN.shape[1], before=before
        )
        index_U, where_K = np.unique(nodes_K, return_inverse=True)
        logits_UV = logits_at(
            self.model,
            self.model.get_output_embeddings(),
            rows,
            torch.from_numpy(index_U).to(device),
            cache=None if cache is None else _repeated(cache, len(trees)),
        )
        tensors = (torch.from_numpy(a).to(device) for a in (where_K, reads.token_K[here], reads.sum_K[here]))
        return summed_logprobs(logits_UV, *tensors, num_sums=reads.num_sums)

    def _prefilled(self, tokens: Tokens) -> DynamicCache:
        """The keys and values of what all sequences begin with."""
        cache = DynamicCache()
        rows = to_rows(grow([tokens], cost=self.cost), device=self.model.device, dtype=self.model.dtype)
        last = torch.tensor([len(tokens) - 1], device=self.model.device)
        logits_at(self.model, self.model.get_output_embeddings(), rows, last, cache=cache)
        return cache


def _repeated(cache: DynamicCache, num_rows: int) -> DynamicCache:
    """The cache for so many rows, not yet copied; the given one is left as it is."""
    repeated = copy(cache)
    layers: list[Any] = [copy(layer) for layer in cache.layers]
    for layer in layers:
        layer.keys = layer.keys.expand(num_rows, -1, -1, -1)
        layer.values = layer.values.expand(num_rows, -1, -1, -1)
    repeated.layers = layers
    return repeated
