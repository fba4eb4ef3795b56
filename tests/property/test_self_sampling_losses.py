"""The losses for any probabilities."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from generator.self_sampling.losses import problem_losses
from generator.self_sampling.recipe import Objective

OBJECTIVES: tuple[Objective, ...] = ("mle", "mle-aug", "mml", "beta-mml")

logprobs = st.floats(-60, -1e-3)
problems = st.lists(st.lists(logprobs, min_size=1, max_size=5), min_size=1, max_size=4)
betas = st.floats(0.05, 1.0)


def gradient(values: list[list[float]], objective: Objective, *, beta: float = 1.0) -> list[float]:
    """The weight of each solution's gradient."""
    flat = torch.tensor([v for part in values for v in part], dtype=torch.float64, requires_grad=True)
    problem_losses(flat, [len(part) for part in values], objective, beta=beta).sum().backward()  # type: ignore[no-untyped-call]
    assert flat.grad is not None
    found: list[float] = (-flat.grad).tolist()
    return found


@given(st.lists(logprobs, min_size=1, max_size=6), betas)
def test_all_are_mle_for_a_single_reference(values: list[float], beta: float) -> None:
    flat = torch.tensor(values, dtype=torch.float64)
    for objective in OBJECTIVES:
        losses = problem_losses(flat, [1] * len(values), objective, beta=beta)
        assert losses.tolist() == pytest.approx([-value for value in values], rel=1e-9)
        assert gradient([[v] for v in values], objective, beta=beta) == pytest.approx([1.0] * len(values))


@given(problems, betas)
def test_weights_are_those_of_table_1(values: list[list[float]], beta: float) -> None:
    for objective, power in (("mml", 1.0), ("beta-mml", beta)):
        expected = [
            weight.item()
            for part in values
            for weight in torch.softmax(power * torch.tensor(part, dtype=torch.float64), dim=0)
        ]
        assert gradient(values, objective, beta=beta) == pytest.approx(expected, rel=1e-6, abs=1e-12)  # type: ignore[arg-type]
    assert gradient(values, "mle-aug") == [1.0] * sum(map(len, values))
    assert gradient(values, "mle") == [float(i == 0) for part in values for i in range(len(part))]


@given(st.lists(logprobs, min_size=1, max_size=5))
def test_beta_to_zero_has_the_direction_of_mle_aug(values: list[float]) -> None:
    small, aug = (torch.tensor(gradient([values], name, beta=1e-6)) for name in ("beta-mml", "mle-aug"))
    assert torch.nn.functional.cosine_similarity(small, aug, dim=0).item() == pytest.approx(1.0, abs=1e-6)


@given(st.lists(logprobs, min_size=1, max_size=5))
def test_beta_of_one_is_mml(values: list[float]) -> None:
    flat = torch.tensor(values, dtype=torch.float64)
    one, mml = (problem_losses(flat, [len(values)], name, beta=1.0) for name in ("beta-mml", "mml"))
    assert one.tolist() == pytest.approx(mml.tolist(), rel=1e-9)


@given(problems)
def test_the_order_of_the_other_solutions_makes_no_difference(values: list[list[float]]) -> None:
    turned = [[part[0], *part[:0:-1]] for part in values]
    sizes = [len(part) for part in values]
    for objective in OBJECTIVES:
        one, other = (
            problem_losses(
                torch.tensor([x for part in v for x in part], dtype=torch.float64), sizes, objective, beta=0.25
            )
            for v in (values, turned)
        )
        assert one.tolist() == pytest.approx(other.tolist(), rel=1e-9)
