"""One forward pass over rows that are aligned at the right.

Shapes: R rows, T new positions, W positions that are attended to, K positions whose logits are wanted, V vocabulary.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from reasoning.engines.row_cache import RowCache


class Forward:
    """Calls a causal language model of transformers with what it takes."""

    def __init__(self, model: Any) -> None:
        self._model = model
        takes = inspect.signature(model.forward).parameters
        self._takes_positions = "position_ids" in takes
        self._takes_keep = "logits_to_keep" in takes

    def __call__(
        self, input_ids_RT: Tensor, lengths_R: Tensor, cache: RowCache | None = None, *, keep: int = 1
    ) -> Tensor:
        """Logits of the last `keep` positions, [R, K, V].

        Args:
            input_ids_RT: the new tokens; what is left of a row's own length is padding.
            lengths_R: tokens of each row, those in the cache and the new ones.
            cache: of the tokens before; the new ones are added to it.
        """
        num_new = input_ids_RT.shape[1]
        width = num_new + (0 if cache is None else cache.window.width)
        columns_W = torch.arange(width, device=input_ids_RT.device)
        positions_RW = columns_W - (width - lengths_R)[:, None]
        options: dict[str, Any] = {"past_key_values": cache} if cache is not None else {}
        if self._takes_positions:
            options["position_ids"] = positions_RW[:, -num_new:].clamp(min=0)
        if self._takes_keep:
            options["logits_to_keep"] = keep
        output = self._model(
            input_ids=input_ids_RT,
            attention_mask=(positions_RW >= 0).long(),
            use_cache=cache is not None,
            return_dict=True,
            **options,
        )
        if cache is not None:
            cache.advance(num_new)
        logits_RKV: Tensor = output.logits[:, -keep:]
        return logits_RKV


def right_aligned(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Rows of tokens, padded at the left, and their lengths."""
    width = max(map(len, rows))
    input_ids_RT = torch.tensor([[0] * (width - len(row)) + list(row) for row in rows], device=device)
    return input_ids_RT, torch.tensor([len(row) for row in rows], device=device)
