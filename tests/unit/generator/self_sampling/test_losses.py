"""The four losses: values by hand, and weights of gradients against autograd (table 1)."""

import math

import pytest
import torch

from generator.self_sampling.losses import problem_losses, solution_logprobs
from generator.self_sampling.recipe import Objective

# two problems: solutions with p = 1/2, 1/8; and 1/4 alone
LOGPROBS = [math.log(1 / 2), math.log(1 / 8), math.log(1 / 4)]
SIZES = [2, 1]


@pytest.mark.parametrize(
    ("objective", "first"),
    [
        ("mle", math.log(2)),
        ("mle-aug", math.log(16)),
        ("mml", math.log(8 / 5)),
        ("beta-mml", -2 * math.log(math.sqrt(1 / 2) + math.sqrt(1 / 8))),
    ],
)
def test_values(objective: Objective, first: float) -> None:
    losses = problem_losses(torch.tensor(LOGPROBS), SIZES, objective, beta=0.5)
    assert losses.tolist() == pytest.approx([first, math.log(4)], rel=1e-6)


@pytest.mark.parametrize(
    ("objective", "weights"),
    [
        ("mle", [1, 0]),
        ("mle-aug", [1, 1]),
        ("mml", [4 / 5, 1 / 5]),
        ("beta-mml", [2 / 3, 1 / 3]),  # square roots of 4 : 1
    ],
)
def test_weights_of_the_gradient(objective: Objective, weights: list[float]) -> None:
    logprobs = torch.tensor(LOGPROBS, requires_grad=True)
    problem_losses(logprobs, SIZES, objective, beta=0.5).sum().backward()  # type: ignore[no-untyped-call]
    assert logprobs.grad is not None
    assert (-logprobs.grad).tolist() == pytest.approx([*weights, 1.0], rel=1e-6)


def test_likely_and_unlikely_solutions_stay_finite() -> None:
    logprobs = torch.tensor([-1e4, -2e4, -1e4], requires_grad=True)
    losses = problem_losses(logprobs, [2, 1], "beta-mml", beta=0.25)
    losses.sum().backward()  # type: ignore[no-untyped-call]
    assert losses.tolist() == [1e4, 1e4]
    assert logprobs.grad is not None
    assert logprobs.grad.tolist() == [-1.0, 0.0, -1.0]


def test_a_solution_is_the_sum_of_its_tokens() -> None:
    summed = solution_logprobs(torch.tensor([-1.0, -2.0, -4.0]), torch.tensor([0, 0, 1]), num_solutions=2)
    assert summed.tolist() == [-3.0, -4.0]
