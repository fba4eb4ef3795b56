"""Trees through a model: logits at chosen nodes only, and log-probabilities of chosen tokens.

Shapes: R trees, N nodes of the longest, U nodes whose logits are wanted, K tokens that are read (several may be read
at one node), S sums of them, V tokens of the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import DynamicCache

from evaluator.trees import Cost, IntArray, Rows, Tree, grow, to_rows
from evaluator.verdict import Question, Tokens
from reasoning.training.shapes import padded_index

MAX_NODES = 4096  # of one row; its mask holds a number for each pair
ATTENTION_FACTOR = 2.0  # how much slower a masked attention's operations are than a matrix product's
_WINDOWS = ("sliding_window", "window_size", "attention_chunk_size")
_PROBE: tuple[Tokens, ...] = ((1, 2, 3, 4), (1, 2, 4, 3), (1, 2, 4, 5, 6))
_PROBE_TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3}  # of the logits' spread


@dataclass(frozen=True, slots=True)
class Reads:
    """Tokens whose log-probabilities are added up.

    Attributes:
        sequence_K: the sequence that each follows.
        place_K: the place in it after which each comes.
        token_K: the token.
        sum_K: the sum that it is a part of.
        num_sums: S.
    """

    sequence_K: IntArray
    place_K: IntArray
    token_K: IntArray
    sum_K: IntArray
    num_sums: int


def label_reads(questions: Sequence[Question]) -> tuple[list[Tokens], Reads]:
    """What to read to know how likely each label is: sum 2q is the correct one's of question q, 2q + 1 the other's.

    Returns:
        The sequences that the model must see, and the reads in them.
    """
    sequences: list[Tokens] = []
    rows: list[tuple[int, int, int, int]] = []
    for number, question in enumerate(questions):
        first = len(sequences)
        own = question.sequences
        sequences += own
        for label, answer in enumerate(question.answers):
            sequence = first + own.index(question.tokens + answer[:-1])
            start = len(question.tokens) - 1
            rows += [(sequence, start + i, token, 2 * number + label) for i, token in enumerate(answer)]
    return sequences, reads_of(rows, num_sums=2 * len(questions))


def reads_of(rows: Sequence[tuple[int, int, int, int]], *, num_sums: int) -> Reads:
    """Reads from a row each of sequence, place, token and sum."""
    sequence_K, place_K, token_K, sum_K = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Reads(sequence_K, place_K, token_K, sum_K, num_sums)


def nodes_at(
    trees: Sequence[Tree], sequence_K: IntArray, place_K: IntArray, *, width: int, before: int = 0
) -> IntArray:
    """The flat position, row * width + node, of places in sequences; cached places are not among the nodes."""
    where = {}
    for row, tree in enumerate(trees):
        where.update({member: (row, path) for member, path in zip(tree.members, tree.paths, strict=True)})
    positions = np.empty(len(sequence_K), dtype=np.int64)
    for k, (sequence, place) in enumerate(zip(sequence_K.tolist(), place_K.tolist(), strict=True)):
        row, path = where[sequence]
        positions[k] = row * width + path[place - before]
    return positions


def logits_at(
    model: nn.Module, output_layer: nn.Module, rows: Rows, index_U: Tensor, *, cache: DynamicCache | None = None
) -> Tensor:
    """Logits behind chosen nodes, [U, V].

    They are chosen on the way into the output layer, so that whatever a model does to its logits is done, and the model
    is called as a whole, as wrappers of it need.

    Args:
        model: a causal language model of transformers, wrapped or not.
        output_layer: its last layer, `model.get_output_embeddings()`.
        rows: trees as tensors.
        index_U: flat positions, row * width + node.
        cache: of what is before all rows; it is used up.
    """

    def choose(layer: nn.Module, arguments: tuple[Any, ...]) -> tuple[Tensor]:
        hidden_RND: Tensor = arguments[0]
        return (hidden_RND.flatten(0, 1).index_select(0, padded_index(index_U)),)

    extra = {} if cache is None else {"past_key_values": cache}
    hook = output_layer.register_forward_pre_hook(choose)
    try:
        logits_UV: Tensor = model(
            input_ids=rows.input_ids_RN,
            position_ids=rows.position_ids_RN,
            attention_mask=rows.mask_RN,
            use_cache=cache is not None,
            **extra,
        ).logits
    finally:
        hook.remove()
    return logits_UV[: len(index_U)]


def summed_logprobs(logits_UV: Tensor, where_K: Tensor, token_K: Tensor, sum_K: Tensor, *, num_sums: int) -> Tensor:
    """Sums of log p of the tokens that are read, [S], in fp32.

    Args:
        logits_UV: at the nodes.
        where_K: the row of `logits_UV` in which each token is read.
        token_K, sum_K: see Reads.
    """
    normalizer_U = torch.logsumexp(logits_UV.float(), dim=-1)
    logprob_K = logits_UV[where_K, token_K].float() - normalizer_U[where_K]
    return logprob_K.new_zeros(num_sums).index_add(0, sum_K, logprob_K)


def cost_of(model: Any) -> Cost:
    """What rows cost in a model, and whether and how far it can have sequences merged in them.

    Whether an architecture does as a tree needs it to (explicit positions, a mask of its own) is tried out.
    """
    config = model.config.get_text_config()
    embedding = sum(p.numel() for p in model.get_input_embeddings().parameters())
    in_layers = sum(p.numel() for p in model.parameters()) - embedding
    per_pair = ATTENTION_FACTOR * 4.0 * config.hidden_size * config.num_hidden_layers
    cost = Cost(per_token=2.0 * max(1, in_layers), per_pair=per_pair, max_nodes=_longest_row(model))
    return cost if cost.max_nodes >= 2 * len(_PROBE[0]) and _merges(model, cost) else replace(cost, max_nodes=0)


def _longest_row(model: Any) -> int:
    """Most nodes of a merged row.

    A window of attention is counted over the row's nodes, or not at all under a mask of one's own; either way it must
    not be shorter than the row. A stored mask, as GPT-Neo has, is as long as the context.
    """
    config = model.config.get_text_config()
    limits: list[int | None] = [getattr(config, name, None) for name in _WINDOWS]
    if getattr(config, "use_sliding_window", None) is False:
        limits[0] = None
    context = getattr(config, "max_position_embeddings", None)
    if any(buffer.ndim >= 2 and buffer.shape[-1] == context for buffer in model.buffers()):
        limits.append(context)
    return min([MAX_NODES, *(limit for limit in limits if limit)])


@torch.no_grad()
def _merges(model: Any, cost: Cost) -> bool:
    """Whether a tree gives a model's logits of plain rows."""
    sequences = [tuple(token % model.config.get_text_config().vocab_size for token in s) for s in _PROBE]
    merged = grow(sequences, cost=Cost(1.0, 0.0, cost.max_nodes))
    plain = grow(sequences, cost=Cost(1.0, 0.0, 0))
    ends = np.array([len(sequence) - 1 for sequence in sequences])
    was_training = model.training
    model.eval()
    try:
        logits = [_logits_of(model, trees, np.arange(len(sequences)), ends) for trees in (merged, plain)]
    except (RuntimeError, ValueError, TypeError, IndexError):  # a mask or positions of this form are not taken
        return False
    finally:
        model.train(was_training)
    spread = float(logits[1].float().std()) + 1e-9
    return float((logits[0] - logits[1]).abs().max()) < _PROBE_TOLERANCE.get(model.dtype, 0.1) * spread


def _logits_of(model: Any, trees: Sequence[Tree], sequence_K: IntArray, place_K: IntArray) -> Tensor:
    rows = to_rows(trees, device=model.device, dtype=model.dtype)
    index_K = nodes_at(trees, sequence_K, place_K, width=rows.input_ids_RN.shape[1])
    return logits_at(model, model.get_output_embeddings(), rows, torch.from_numpy(index_K).to(model.device))
