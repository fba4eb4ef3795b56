from fractions import Fraction
from itertools import combinations
from math import comb

import pytest

from reasoning.errors import InputError
from reasoning.metrics import pass_at_k


@pytest.mark.parametrize("num_samples", range(1, 8))
def test_equals_counting_all_subsets(num_samples: int) -> None:
    for num_correct in range(num_samples + 1):
        for k in range(1, num_samples + 1):
            subsets = list(combinations(range(num_samples), k))
            hits = sum(min(subset) < num_correct for subset in subsets)
            assert pass_at_k(num_samples, num_correct, k) == hits / len(subsets)


@pytest.mark.parametrize(("num_samples", "num_correct", "k"), [(64, 3, 8), (1024, 1, 512), (5000, 17, 300)])
def test_is_the_exact_value_rounded_once(num_samples: int, num_correct: int, k: int) -> None:
    exact = 1 - Fraction(comb(num_samples - num_correct, k), comb(num_samples, k))
    assert pass_at_k(num_samples, num_correct, k) == float(exact)


def test_is_not_the_share_of_k_that_is_correct() -> None:
    # int(k * (c / k)) and the like give 0 or 1 here.
    assert pass_at_k(10, 1, 5) == 0.5


def test_k_of_one_is_the_mean() -> None:
    assert pass_at_k(13, 4, 1) == 4 / 13


def test_all_or_none_correct() -> None:
    assert pass_at_k(1024, 1024, 1) == 1.0
    assert pass_at_k(1024, 0, 1024) == 0.0
    assert pass_at_k(1024, 1, 1024) == 1.0


@pytest.mark.parametrize(
    ("num_samples", "num_correct", "k", "message"),
    [
        (13, 4, 64, r"`k` must be at most the number of samples \(13\); got 64\."),
        (13, 4, 0, "`k` must be at least 1; got 0"),
        (13, 14, 2, "`num_correct` must be between 0 and"),
        (13, -1, 2, "`num_correct` must be between 0 and"),
    ],
)
def test_refuses_what_is_out_of_range(num_samples: int, num_correct: int, k: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pass_at_k(num_samples, num_correct, k)
