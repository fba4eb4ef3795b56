"""The loss of a batch of problems, as a part of its step's.

Each term is a mean over the step: of pairs, candidates, problems, solution steps or tokens. A batch gives its sum over
the step's count, so that batches and processes add up to the step's loss however it is cut.

Shapes: R trees, U nodes whose logits are wanted, C candidates of the batch, M pairs, K steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from evaluator.forward import Reads, logits_at, nodes_at, summed_logprobs
from evaluator.items import Item
from evaluator.losses import cross_entropy_loss, listwise_loss, margin_loss, sequence_contrastive_loss, step_loss
from evaluator.recipe import LossSection
from evaluator.trees import Cost, IntArray, Tree, grow, to_rows
from evaluator.verdict import LabelAudit
from reasoning.training.shapes import WIDTH


@dataclass(frozen=True)
class Counts:
    """What a step's terms are means over."""

    pairs: float = 0.0
    candidates: float = 0.0
    mixed: float = 0.0
    steps: float = 0.0
    reading_tokens: float = 0.0
    mle_tokens: float = 0.0


def counts_of(items: Sequence[Item], loss: LossSection) -> Counts:
    """Count a step's pairs, candidates (by their weight), mixed problems, steps, and tokens of correct solutions."""
    return Counts(
        pairs=float(sum(len(item.pairs_M2) for item in items)),
        candidates=float(sum(int(item.count_C.sum()) if loss.weight_by_count else len(item.count_C) for item in items)),
        mixed=float(sum(item.is_mixed for item in items)),
        steps=float(sum(len(item.step_label_K) for item in items)),
        reading_tokens=float(sum(len(item.reading.token_K) for item in items)),
        mle_tokens=float(sum(item.num_mle_tokens for item in items)),
    )


@dataclass(frozen=True)
class Objective:
    """How batches become losses.

    Attributes:
        loss: weights of the terms.
        audit: of the labels.
        cost: of rows, and whether sequences are merged in them.
        device: where the model is.
        dtype: of its attention.
    """

    loss: LossSection
    audit: LabelAudit
    cost: Cost
    device: torch.device
    dtype: torch.dtype

    def __call__(self, model: nn.Module, output_layer: nn.Module, items: Sequence[Item], counts: Counts) -> Tensor:
        """A batch's part of the step's loss."""
        trees, sequence_offsets = _planted(items, self.cost)
        rows = to_rows(trees, device=self.device, dtype=self.dtype, width_step=WIDTH)
        width = rows.input_ids_RN.shape[1]
        labels = _joined([item.labels for item in items], sequence_offsets)
        solutions = _joined([item.solutions for item in items], sequence_offsets)
        steps_K = _concatenated([item.step_sequence_K + o for item, o in zip(items, sequence_offsets, strict=True)])
        reading = _joined([item.reading for item in items], sequence_offsets)
        sequences = np.concatenate([labels.sequence_K, solutions.sequence_K, reading.sequence_K, steps_K])
        steps_at = [item.step_place_K for item in items]
        places = np.concatenate([labels.place_K, solutions.place_K, reading.place_K, *steps_at])
        index_U, where = np.unique(nodes_at(trees, sequences, places, width=width), return_inverse=True)
        logits_UV = logits_at(model, output_layer, rows, self._tensor(index_U))
        label_where, solution_where, reading_where, step_where = np.split(
            where, np.cumsum([len(labels.sequence_K), len(solutions.sequence_K), len(reading.sequence_K)])
        )
        logprobs_C2 = self._sums(logits_UV, labels, label_where).view(-1, 2)
        logprob_S = self._sums(logits_UV, solutions, solution_where)
        step_logits_K2 = logits_UV[self._tensor(step_where)].float()[:, list(self.audit.first_tokens)]
        total = self._weighted(items, counts, logprobs_C2, logprob_S, step_logits_K2)
        if counts.reading_tokens:
            logprob = self._sums(logits_UV, reading, reading_where).sum()
            total = total - self.loss.reading / counts.reading_tokens * logprob
        return total

    def _weighted(
        self, items: Sequence[Item], counts: Counts, logprobs_C2: Tensor, logprob_S: Tensor, step_logits_K2: Tensor
    ) -> Tensor:
        loss = self.loss
        label_C = self._tensor(_concatenated([item.is_correct_C for item in items]))
        starts = np.cumsum([0, *(len(item.is_correct_C) for item in items)])
        pairs_M2 = self._tensor(
            np.concatenate([item.pairs_M2 + start for item, start in zip(items, starts, strict=False)])
        )
        total = logprobs_C2.sum() * 0.0  # every weight gets a gradient, whatever this batch holds
        if loss.margin and counts.pairs:
            total = total + loss.margin / counts.pairs * margin_loss(logprobs_C2, pairs_M2, margin=loss.margin_size)
        if loss.cross_entropy:
            count_C = self._tensor(_concatenated([item.count_C for item in items])) if loss.weight_by_count else None
            total = total + loss.cross_entropy / counts.candidates * cross_entropy_loss(logprobs_C2, label_C, count_C)
        if loss.listwise and counts.mixed:
            problem_C = self._tensor(np.repeat(np.arange(len(items)), np.diff(starts)))
            total = total + loss.listwise / counts.mixed * listwise_loss(logprobs_C2, label_C, problem_C)
        if loss.steps and counts.steps:
            label_K = self._tensor(_concatenated([item.step_label_K for item in items]))
            total = total + loss.steps / counts.steps * step_loss(step_logits_K2, label_K)
        if (loss.sequence_contrastive and counts.pairs) or (loss.mle and counts.mle_tokens):
            logprob_C = self._solution_logprobs(items, logprob_S)
            if loss.sequence_contrastive and counts.pairs:
                contrast = sequence_contrastive_loss(logprob_C, pairs_M2, margin=loss.margin_size)
                total = total + loss.sequence_contrastive / counts.pairs * contrast
            if loss.mle and counts.mle_tokens:
                total = total - loss.mle / counts.mle_tokens * logprob_C[label_C.bool()].sum()
        return total

    def _solution_logprobs(self, items: Sequence[Item], logprob_S: Tensor) -> Tensor:
        """log p(X | P) of each candidate, [C]; 0 where it is not wanted."""
        offsets = np.cumsum([0, *(item.solutions.num_sums for item in items)])
        sums = [np.where(item.solution_C < 0, -1, item.solution_C + o) for item, o in zip(items, offsets, strict=False)]
        sum_C = self._tensor(_concatenated(sums))
        return torch.where(sum_C < 0, 0.0, logprob_S[sum_C.clamp(min=0)])

    def _sums(self, logits_UV: Tensor, reads: Reads, where_K: IntArray) -> Tensor:
        return summed_logprobs(
            logits_UV,
            self._tensor(where_K),
            self._tensor(reads.token_K),
            self._tensor(reads.sum_K),
            num_sums=reads.num_sums,
        )

    def _tensor(self, array: IntArray) -> Tensor:
        return torch.from_numpy(array).to(self.device, non_blocking=True)


def _planted(items: Sequence[Item], cost: Cost) -> tuple[list[Tree], list[int]]:
    """The trees of all items, their members numbered through; and each item's first number.

    If one sequence is too long for a row of a merged kind, all are plain rows, since a batch has one kind of mask.
    """
    if max(len(sequence) for item in items for sequence in item.sequences) > cost.max_nodes:
        cost = replace(cost, max_nodes=0)
    offsets = np.cumsum([0, *(len(item.sequences) for item in items)]).tolist()
    trees = [
        replace(tree, members=tuple(member + offset for member in tree.members))
        for item, offset in zip(items, offsets, strict=False)
        for tree in grow(item.sequences, cost=cost)
    ]
    return trees, offsets[:-1]


def _joined(parts: Sequence[Reads], sequence_offsets: Sequence[int]) -> Reads:
    sum_offsets = np.cumsum([0, *(part.num_sums for part in parts)]).tolist()
    return Reads(
        sequence_K=_concatenated([part.sequence_K + o for part, o in zip(parts, sequence_offsets, strict=True)]),
        place_K=_concatenated([part.place_K for part in parts]),
        token_K=_concatenated([part.token_K for part in parts]),
        sum_K=_concatenated([part.sum_K + o for part, o in zip(parts, sum_offsets, strict=False)]),
        num_sums=sum_offsets[-1],
    )


def _concatenated(parts: Sequence[IntArray]) -> IntArray:
    return np.concatenate([*parts, np.empty(0, dtype=np.int64)])
