"""Rows of keys and values that join, branch, move and are shifted."""

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM

from reasoning.engines.row_cache import RowCache, num_cached_layers
from reasoning.errors import InputError
from tests.tiny_models import tiny_model


def states(num_rows: int, num_columns: int, *, first: float = 1.0) -> Tensor:
    """Two heads of width 3; every number is another one, and none is 0."""
    shape = (num_rows, 2, num_columns, 3)
    return torch.arange(num_rows * 2 * num_columns * 3, dtype=torch.float32).reshape(shape) + first


def filled(num_rows: int, num_columns: int, *, first: float = 1.0, end: int = 0) -> RowCache:
    cache = RowCache(1, end=end)
    cache.window.num_rows = num_rows
    write(cache, states(num_rows, num_columns, first=first))
    return cache


def write(cache: RowCache, new: Tensor) -> tuple[Tensor, Tensor]:
    keys, values = cache.update(new, -new, 0)
    cache.advance(new.shape[2])
    return keys, values


def test_returns_all_that_was_written() -> None:
    cache = filled(2, 4)
    assert cache.get_seq_length() == 4
    assert cache.get_mask_sizes(1, 0) == (5, 0)
    keys, values = write(cache, states(2, 1, first=1000.0))
    expected = torch.cat([states(2, 4), states(2, 1, first=1000.0)], dim=2)
    assert torch.equal(keys, expected)
    assert torch.equal(values, -expected)


def test_rows_that_join_end_in_the_same_column() -> None:
    cache = filled(2, 3, end=5)
    cache.join(filled(1, 6, first=500.0))
    keys, _ = write(cache, states(3, 1, first=900.0))
    assert keys.shape == (3, 2, 7, 3)
    assert torch.equal(keys[:2, :, 3:6], states(2, 3))
    assert torch.equal(keys[2:, :, :6], states(1, 6, first=500.0))
    assert (keys[:2, :, :3] == 0).all()


def test_a_row_branches_and_others_close_gaps() -> None:
    cache = filled(4, 3)
    cache.move([1, 3], [0, 2], num_rows=3)  # 1 twice, and 3 instead of 2
    keys, values = write(cache, states(3, 1, first=900.0))
    before = states(4, 3)
    assert torch.equal(keys[:, :, :3], before[[1, 1, 3]])
    assert torch.equal(values[:, :, :3], -before[[1, 1, 3]])


def test_one_row_becomes_many() -> None:
    cache = filled(1, 3)
    cache.move([0] * 40, list(range(1, 41)), num_rows=41)
    keys, _ = write(cache, states(41, 1))
    assert torch.equal(keys[:, :, :3], states(1, 3).expand(41, -1, -1, -1))


def test_old_columns_are_left_and_the_rest_is_shifted() -> None:
    cache = filled(2, 9)
    cache.narrow(4, least_end=6)
    assert cache.window.width == 4
    assert cache.window.end == 9  # not yet twice what is needed
    cache.narrow(4, least_end=4)
    assert (cache.window.start, cache.window.end) == (0, 4)
    keys, _ = write(cache, states(2, 1, first=900.0))
    assert torch.equal(keys[:, :, :4], states(2, 9)[:, :, 5:])


@pytest.mark.parametrize("architecture", ["llama", "gpt_neo"])
def test_layers_are_counted(architecture: str) -> None:
    assert num_cached_layers(tiny_model(architecture), "tiny") == 2


def test_a_recurrent_model_is_refused() -> None:
    config = AutoConfig.for_model(
        "mamba", hidden_size=8, num_hidden_layers=1, vocab_size=10, state_size=2, pad_token_id=0, eos_token_id=1
    )
    model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    with pytest.raises(
        InputError, match="tiny: expected a model whose every layer caches keys and values, found mamba"
    ):
        num_cached_layers(model, "tiny")
