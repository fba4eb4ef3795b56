"""Logits at chosen positions only: the last layer, the widest of a small model, is left out elsewhere.

Shapes: B rows, T positions, N chosen positions, V tokens of the vocabulary.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from reasoning.errors import InputError
from reasoning.training.batches import Batch, collate, collate_packed
from reasoning.training.examples import Examples
from reasoning.training.shapes import padded_index


def logits_at(model: nn.Module, output_layer: nn.Module, batch: Batch) -> Tensor:
    """Logits of the tokens after the positions `batch.index_N`, [N, V].

    The positions are chosen on the way into the output layer, so that whatever a model does to its logits is done, and
    the model is called as a whole, as wrappers of it need.

    Args:
        model: a causal language model of transformers, wrapped or not.
        output_layer: its last layer, `model.get_output_embeddings()`.
        batch: rows and positions.
    """

    def choose(layer: nn.Module, arguments: tuple[Any, ...]) -> tuple[Tensor]:
        hidden_BTD: Tensor = arguments[0]
        return (hidden_BTD.flatten(0, 1).index_select(0, padded_index(batch.index_N)),)

    hook = output_layer.register_forward_pre_hook(choose)
    try:
        extra = {} if batch.position_ids_BT is None else {"position_ids": batch.position_ids_BT}
        logits_NV: Tensor = model(input_ids=batch.input_ids_BT, use_cache=False, **extra).logits
    finally:
        hook.remove()
    return logits_NV[: len(batch.index_N)]


def target_logprobs(model: nn.Module, output_layer: nn.Module, batch: Batch) -> Tensor:
    """log p of each completion token given what is before it, [N], in fp32."""
    logits_NV = logits_at(model, output_layer, batch)
    return -functional.cross_entropy(logits_NV.float(), batch.targets_N, reduction="none")


def check_packing(model: PreTrainedModel, examples: Examples, *, width: int) -> None:
    """See that the model keeps packed texts apart, on some of them.

    Raises:
        InputError: it does not.
    """
    rows = [row for row in range(min(4, len(examples))) if 2 * examples.length(row) <= width]
    output_layer: nn.Module = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    if not rows:
        return
    model.eval()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        padded, packed = (
            target_logprobs(model, output_layer, batch.to(model.device))
            for batch in (collate(examples, rows), collate_packed(examples, rows, width=width))
        )
    if not torch.allclose(padded, packed, atol=1e-3, rtol=1e-3):
        raise InputError(
            "batch.packing: expected a model that keeps packed texts apart, found one that does not; unset it"
        )


def completion_loss(model: nn.Module, output_layer: nn.Module, batch: Batch, *, num_targets: int) -> Tensor:
    """The part of a step's loss that one batch of it gives: minus the summed log p over the step's completion tokens.

    Summed over all batches of a step, on all processes, it is the mean over tokens, however they are batched.

    Args:
        num_targets: completion tokens of the whole step, over all batches and processes.

    Source: arXiv:2310.10047, Eq. 3.
    """
    logits_NV = logits_at(model, output_layer, batch)
    summed = functional.cross_entropy(logits_NV.float(), batch.targets_N, reduction="sum")
    return torch.div(summed, num_targets)
