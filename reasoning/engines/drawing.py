"""Drawing the next token: temperature, top-k and top-p, with noise that depends on a sample's seed and place alone.

Shapes: R rows, V tokens of the vocabulary, M draws.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reasoning.engines.protocols import SamplingParams

Seeds = NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_UNIFORM_BITS = 52  # so that uniform * mass stays below the mass
_LIKELY = 64  # tokens that nearly always hold the nucleus; where they do not, all are sorted


def mixed_seeds(seeds: Sequence[int]) -> Seeds:
    """Seeds of any size as 64 bits that have nothing in common, however alike the seeds are."""
    return _mixed(np.array([seed % 2**64 for seed in seeds], dtype=np.uint64) + _GAMMA)


def uniforms(seeds_M: Seeds, places_M: NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each pair of a mixed seed and a place in the text; the same pair, the same number.

    Source: splitmix64 as a hash of a counter, Steele, Lea and Flood 2014.
    """
    bits = _mixed(seeds_M + (places_M + 1).astype(np.uint64) * _GAMMA)
    uniforms_M: NDArray[np.float64] = (bits >> np.uint64(64 - _UNIFORM_BITS)) * np.float64(2.0**-_UNIFORM_BITS)
    return uniforms_M


def kept_probs(logits_RV: Tensor, params: SamplingParams) -> Tensor:
    """Unnormalised probabilities of the tokens that may be drawn, 0 for the others, [R, V].

    In the order of transformers: temperature, then the `top_k` most likely, then of these the fewest that hold `top_p`
    of their mass. Tokens as likely as the last one kept are kept too.
    """
    logits_RV = logits_RV.float() / params.temperature
    num_tokens = logits_RV.shape[-1]
    if 0 < params.top_k < num_tokens:
        last_R1 = logits_RV.topk(params.top_k, dim=-1).values[:, -1:]
        logits_RV = logits_RV.masked_fill(logits_RV < last_R1, -torch.inf)
    probs_RV = logits_RV.softmax(dim=-1)
    if params.top_p == 1.0:
        return probs_RV
    num_likely = min(_LIKELY, num_tokens)
    least_R1 = _least_of_nucleus(probs_RV.topk(num_likely, dim=-1).values, params.top_p)
    wide_R = least_R1[:, 0] < 0
    if wide_R.any():
        least_R1[wide_R] = _least_of_nucleus(probs_RV[wide_R].sort(dim=-1, descending=True).values, params.top_p)
    return probs_RV.masked_fill(probs_RV < least_R1, 0.0)


def draw(probs_RV: Tensor, rows_M: NDArray[np.int64], uniforms_M: NDArray[np.float64]) -> NDArray[np.int64]:
    """Draw tokens by inverting the cumulative distribution over tokens in the order of their ids.

    Args:
        probs_RV: unnormalised.
        rows_M: the row of each draw, ascending.
        uniforms_M: in [0, 1).
    """
    device = probs_RV.device
    cumulative_RV = probs_RV.cumsum(dim=-1, dtype=torch.float64)
    counts_R = np.bincount(rows_M, minlength=len(probs_RV))
    places_M = np.arange(len(rows_M)) - (np.cumsum(counts_R) - counts_R)[rows_M]
    uniforms_RK = np.zeros((len(probs_RV), counts_R.max()))
    uniforms_RK[rows_M, places_M] = uniforms_M
    targets_RK = torch.from_numpy(uniforms_RK).to(device) * cumulative_RV[:, -1:]
    tokens_RK = torch.searchsorted(cumulative_RV, targets_RK, right=True)
    tokens_M: NDArray[np.int64] = tokens_RK.cpu().numpy()[rows_M, places_M]
    return tokens_M


def _least_of_nucleus(descending_RK: Tensor, top_p: float) -> Tensor:
    """The probability of the nucleus's last token, [R, 1]; -1 where the given tokens do not hold that much mass.

    A token is in the nucleus if those before it hold less than `top_p`.
    """
    before_RK = descending_RK.cumsum(dim=-1, dtype=torch.float64) - descending_RK
    last_R1 = (before_RK < top_p).sum(dim=-1, keepdim=True) - 1
    least_R1 = descending_RK.gather(-1, last_R1)
    if descending_RK.shape[-1] > _LIKELY:
        return least_R1
    held_R1 = descending_RK.sum(dim=-1, keepdim=True, dtype=torch.float64)
    return torch.where(held_R1 < top_p, -1.0, least_R1)


def _mixed(state: Seeds) -> Seeds:
    state = (state ^ (state >> np.uint64(30))) * _FACTORS[0]
    state = (state ^ (state >> np.uint64(27))) * _FACTORS[1]
    return state ^ (state >> np.uint64(31))
