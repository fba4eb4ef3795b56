"""Drawing tokens: noise by seed and place, the tokens that are kept, and how often each comes."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from reasoning.engines import SamplingParams
from reasoning.engines.drawing import draw, kept_probs, mixed_seeds, uniforms

GAMMA = 0x9E3779B97F4A7C15


def logits(num_rows: int, num_tokens: int, *, spread: float = 2.0) -> Tensor:
    return spread * torch.randn(num_rows, num_tokens, generator=torch.Generator().manual_seed(0))


def warped(logits_RV: Tensor, params: SamplingParams) -> Tensor:
    """What transformers keeps."""
    unused = torch.zeros(len(logits_RV), 0, dtype=torch.long)
    scores: Tensor = TemperatureLogitsWarper(params.temperature)(unused, logits_RV)
    if params.top_k:
        scores = TopKLogitsWarper(params.top_k)(unused, scores)
    if params.top_p < 1:
        scores = TopPLogitsWarper(params.top_p)(unused, scores)
    return scores.softmax(-1)


def splitmix64(state: int) -> int:
    """The next output after a state; Steele, Lea and Flood 2014, figure 16."""
    z = (state + GAMMA) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


class TestUniforms:
    def test_depend_on_seed_and_place_alone(self) -> None:
        seeds, places = mixed_seeds([3, 1, 3]), np.array([5, 5, 0])
        together = uniforms(seeds, places)
        alone = [uniforms(seeds[i : i + 1], places[i : i + 1])[0] for i in range(3)]
        assert together.tolist() == alone
        assert len(set(alone)) == 3

    @pytest.mark.parametrize(("seed", "place"), [(0, 0), (1, 3), (2**53 - 1, 511)])
    def test_are_splitmix64s(self, seed: int, place: int) -> None:
        start = splitmix64(seed)
        state = (start + place * GAMMA) % 2**64
        assert uniforms(mixed_seeds([seed]), np.array([place])).tolist() == [(splitmix64(state) >> 12) / 2**52]

    def test_fill_the_unit_interval_evenly(self) -> None:
        over_seeds = uniforms(mixed_seeds(range(20_000)), np.zeros(20_000, dtype=np.int64))
        over_places = uniforms(np.repeat(mixed_seeds([7]), 20_000), np.arange(20_000))
        for numbers in (over_seeds, over_places):
            assert stats.kstest(numbers, "uniform").pvalue > 0.01
        assert abs(np.corrcoef(over_seeds, over_places)[0, 1]) < 0.03
        assert abs(np.corrcoef(over_seeds[1:], over_seeds[:-1])[0, 1]) < 0.03

    def test_take_seeds_of_any_size(self) -> None:
        assert len(set(mixed_seeds([-1, 0, 2**64 - 2, 2**70 + 5]).tolist())) == 4


@pytest.mark.parametrize("num_tokens", [8, 50, 400])
@pytest.mark.parametrize(
    "params",
    [
        SamplingParams(temperature=0.7),
        SamplingParams(temperature=1.3, top_k=5),
        SamplingParams(temperature=1.0, top_p=0.9),
        SamplingParams(temperature=0.6, top_p=0.5, top_k=20),
        SamplingParams(temperature=1.0, top_k=1000),
        SamplingParams(temperature=1.0, top_p=1e-9),
    ],
)
def test_keeps_what_transformers_keeps(params: SamplingParams, num_tokens: int) -> None:
    logits_RV = logits(20, num_tokens)
    probs_RV = kept_probs(logits_RV, params)
    torch.testing.assert_close(probs_RV / probs_RV.sum(-1, keepdim=True), warped(logits_RV, params))


def test_a_nucleus_of_hundreds_of_tokens_is_kept_whole() -> None:
    logits_RV = torch.cat([logits(3, 2000, spread=0.1), logits(3, 2000, spread=6.0)])
    params = SamplingParams(temperature=1.0, top_p=0.95)
    kept_RV = kept_probs(logits_RV, params) > 0
    assert torch.equal(kept_RV, warped(logits_RV, params) > 0)
    assert (kept_RV[:3].sum(-1) > 1000).all()
    assert (kept_RV[3:].sum(-1) < 64).all()


class TestDraw:
    def test_frequencies_are_the_probabilities(self) -> None:
        probs_RV = torch.tensor([[0.1, 0.0, 0.4, 0.5], [0.7, 0.2, 0.0, 0.1]])
        rows_M = np.repeat([0, 1], [30_000, 10_000])
        uniforms_M = uniforms(mixed_seeds(range(40_000)), np.zeros(40_000, dtype=np.int64))
        tokens_M = draw(probs_RV, rows_M, uniforms_M)
        for row in range(2):
            counts = np.bincount(tokens_M[rows_M == row], minlength=4)
            expected = probs_RV[row].numpy() * counts.sum()
            possible = expected > 0
            assert counts[~possible].sum() == 0
            assert stats.chisquare(counts[possible], expected[possible] * (counts.sum() / expected.sum())).pvalue > 0.01

    def test_does_not_depend_on_the_other_rows(self) -> None:
        probs_RV = logits(6, 300).softmax(-1)
        rows_M = np.repeat(np.arange(6), [1, 5, 2, 9, 1, 3])
        uniforms_M = uniforms(mixed_seeds(range(len(rows_M))), np.zeros(len(rows_M), dtype=np.int64))
        together = draw(probs_RV, rows_M, uniforms_M)
        alone = [
            int(draw(probs_RV[r : r + 1], np.array([0]), u[None])[0]) for r, u in zip(rows_M, uniforms_M, strict=True)
        ]
        assert together.tolist() == alone

    def test_the_ends_of_the_interval_draw_what_is_possible(self) -> None:
        probs_RV = torch.tensor([[0.0, 0.3, 0.7, 0.0]])
        ends = np.array([0.0, 1.0 - 2.0**-52])
        assert draw(probs_RV, np.array([0, 0]), ends).tolist() == [1, 2]

    def test_works_on_scaled_probabilities(self) -> None:
        probs_RV = logits(1, 50).softmax(-1)
        numbers = np.linspace(0, 0.999, 40)
        rows_M = np.zeros(40, dtype=np.int64)
        assert draw(probs_RV, rows_M, numbers).tolist() == draw(probs_RV * 0.25, rows_M, numbers).tolist()
