"""Each loss against a number worked out by hand, and the signs of its gradient."""

import math

import pytest
import torch
from torch import Tensor

from evaluator.losses import (
    cross_entropy_loss,
    listwise_loss,
    log_scores,
    margin_loss,
    sequence_contrastive_loss,
    step_loss,
)


def logprobs(*correct_and_incorrect: tuple[float, float]) -> Tensor:
    """log p of the two labels, which need not sum to 1: other tokens have the rest."""
    return torch.tensor(correct_and_incorrect).log().requires_grad_()


def test_score_normalises_over_the_two_labels() -> None:
    # p(correct) = 0.3 and p(incorrect) = 0.1, so S = 0.3 / 0.4 = 0.75, whatever the other 0.6 is.
    assert log_scores(logprobs((0.3, 0.1))).item() == pytest.approx(math.log(0.75))


@pytest.mark.parametrize(
    ("correct", "incorrect", "expected"),
    [
        ((0.4, 0.1), (0.3, 0.3), math.log(0.5 / 0.8 * 2)),  # S = 0.8 and 0.5: less than twice as likely
        ((0.4, 0.1), (0.1, 0.4), 0.0),  # S = 0.8 and 0.2: more than twice
        ((0.2, 0.2), (0.2, 0.2), math.log(2)),  # alike: the margin
    ],
)
def test_margin(correct: tuple[float, float], incorrect: tuple[float, float], expected: float) -> None:
    loss = margin_loss(logprobs(incorrect, correct), torch.tensor([[1, 0]]))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_margin_raises_the_correct_one() -> None:
    values = logprobs((0.2, 0.2), (0.2, 0.2))
    margin_loss(values, torch.tensor([[0, 1]])).backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    # d/dx log softmax: 1 - S = 0.5 for the label itself, -0.5 for the other; the loss has the opposite sign.
    assert values.grad.flatten().tolist() == pytest.approx([-0.5, 0.5, 0.5, -0.5])


def test_margin_adds_up_over_pairs() -> None:
    values = logprobs((0.2, 0.2), (0.2, 0.2), (0.1, 0.3))
    pairs = torch.tensor([[0, 1], [0, 2]])  # ln 2, and ln(0.25 / 0.5 * 2) = 0
    assert margin_loss(values, pairs).item() == pytest.approx(math.log(2), abs=1e-6)
    assert margin_loss(values, torch.empty(0, 2, dtype=torch.long)).item() == 0.0


def test_cross_entropy_has_a_minus_before_both_terms() -> None:
    values = logprobs((0.5, 0.1), (0.5, 0.1))
    loss = cross_entropy_loss(values, torch.tensor([1, 0]))
    assert loss.item() == pytest.approx(-math.log(0.5) - math.log(0.1))
    loss.backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert values.grad.tolist() == [[-1.0, 0.0], [0.0, -1.0]]  # each label's own log p rises, over the full vocabulary


def test_cross_entropy_by_count() -> None:
    loss = cross_entropy_loss(logprobs((0.5, 0.1), (0.5, 0.1)), torch.tensor([1, 0]), torch.tensor([3, 1]))
    assert loss.item() == pytest.approx(-3 * math.log(0.5) - math.log(0.1))


def test_listwise_compares_each_correct_one_with_all_incorrect_ones() -> None:
    # Odds 2, 1 and 1: the correct one is chosen with 2 / (2 + 1 + 1).
    values = logprobs((0.4, 0.2), (0.2, 0.2), (0.3, 0.3))
    labels, problems = torch.tensor([1, 0, 0]), torch.tensor([0, 0, 0])
    assert listwise_loss(values, labels, problems).item() == pytest.approx(math.log(2), abs=1e-6)


def test_listwise_is_a_mean_over_correct_ones_which_do_not_compete() -> None:
    # Odds 2 and 1 against 1: -(log 2/3 + log 1/2) / 2.
    values = logprobs((0.4, 0.2), (0.2, 0.2), (0.3, 0.3))
    loss = listwise_loss(values, torch.tensor([1, 1, 0]), torch.tensor([0, 0, 0]))
    assert loss.item() == pytest.approx(-(math.log(2 / 3) + math.log(1 / 2)) / 2)
    loss.backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert (values.grad[:2, 0] < 0).all()
    assert values.grad[2, 0] > 0


def test_listwise_knows_problems_apart() -> None:
    values = logprobs((0.4, 0.2), (0.2, 0.2), (0.3, 0.1), (0.1, 0.3))
    labels = torch.tensor([1, 0, 1, 1])
    # Problem 1 has no incorrect candidate and adds nothing.
    loss = listwise_loss(values, labels, torch.tensor([0, 0, 1, 1]))
    assert loss.item() == pytest.approx(-math.log(2 / 3))


def test_steps_are_decided_between_the_labels_alone() -> None:
    logits = torch.tensor([[math.log(3.0), 0.0], [math.log(3.0), 0.0]], requires_grad=True)
    loss = step_loss(logits, torch.tensor([1, 0]))
    assert loss.item() == pytest.approx(-math.log(0.75) - math.log(0.25))
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.flatten().tolist() == pytest.approx([-0.25, 0.25, 0.75, -0.75])


def test_sequence_contrastive() -> None:
    # log p(X | P) of -3 for the correct and -2.5 for the incorrect one: 0.5 + ln 2.
    values = torch.tensor([-3.0, -2.5], requires_grad=True)
    loss = sequence_contrastive_loss(values, torch.tensor([[0, 1]]))
    assert loss.item() == pytest.approx(0.5 + math.log(2))
    loss.backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert values.grad.tolist() == [-1.0, 1.0]
    assert sequence_contrastive_loss(torch.tensor([-1.0, -2.0]), torch.tensor([[0, 1]])).item() == 0.0
