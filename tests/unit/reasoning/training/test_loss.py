"""The loss: a number by hand, and the same gradient however a step is cut into batches."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from reasoning.training.batches import collate, collate_packed
from reasoning.training.examples import Examples, to_examples
from reasoning.training.logits import completion_loss, target_logprobs
from tests.tiny_models import ARCHITECTURES, arith_texts, tiny_model, tiny_tokenizer


class Bigrams(nn.Module):
    """Predicts the next of three tokens from the last one, with the given probabilities."""

    def __init__(self, probabilities: list[list[float]]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(3, 3, _weight=torch.tensor(probabilities).log())
        self.output = nn.Identity()

    def forward(self, input_ids: Tensor, use_cache: bool) -> SimpleNamespace:
        return SimpleNamespace(logits=self.output(self.embedding(input_ids)))


def test_by_hand() -> None:
    model = Bigrams([[1 / 2, 1 / 4, 1 / 4], [1 / 8, 1 / 8, 3 / 4], [1 / 3, 1 / 3, 1 / 3]])
    examples = to_examples([([2, 0], [0, 1, 1]), ([1], [0])])
    batch = collate(examples, [0, 1])
    # 0 -> 0, 0 -> 1, 1 -> 1 and 1 -> 0: the mean is over four tokens, not over two examples
    by_hand = (math.log(2) + math.log(4) + math.log(8) + math.log(8)) / 4
    loss = completion_loss(model, model.output, batch, num_targets=4)
    assert float(loss.detach()) == pytest.approx(by_hand, abs=1e-6)
    logprobs = target_logprobs(model, model.output, batch)
    assert logprobs.tolist() == pytest.approx([-math.log(2), -math.log(4), -math.log(8), -math.log(8)], abs=1e-6)


def arith_examples(num: int) -> Examples:
    """Texts cut at a third: shorter ones, so that rows are padded."""
    tokenizer = tiny_tokenizer()
    ids = [tokenizer(text)["input_ids"][: 20 + 9 * i] for i, text in enumerate(arith_texts(num))]
    return to_examples((tokens[: len(tokens) // 3], tokens[len(tokens) // 3 :]) for tokens in ids)


def gradients(
    model: nn.Module, output_layer: nn.Module, examples: Examples, cut: list[list[int]]
) -> tuple[float, Tensor]:
    """Loss and gradient of all examples in the given batches; a batch with a negative number is packed."""
    num_targets = examples.num_targets(range(len(examples)))
    model.zero_grad()
    loss = 0.0
    for rows in cut:
        batch = (
            collate_packed(examples, [-row - 1 for row in rows], width=99) if rows[0] < 0 else collate(examples, rows)
        )
        part = completion_loss(model, output_layer, batch, num_targets=num_targets)
        part.backward()  # type: ignore[no-untyped-call]
        loss += float(part.detach())
    return loss, torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_gradient_does_not_depend_on_the_batches(architecture: str) -> None:
    model = tiny_model(architecture).train()
    output_layer = model.get_output_embeddings()
    examples = arith_examples(5)
    whole_loss, whole = gradients(model, output_layer, examples, [[0, 1, 2, 3, 4]])
    assert float(whole.norm()) > 0.1
    cuts = {
        "one by one": [[4], [3], [2], [1], [0]],
        "accumulated": [[3, 0], [2, 1, 4]],
        "packed": [[-1, -2, -3], [-5, -4]],
    }
    for name, cut in cuts.items():
        loss, gradient = gradients(model, output_layer, examples, cut)
        assert loss == pytest.approx(whole_loss, rel=1e-5), name
        assert float((gradient - whole).norm() / whole.norm()) < 1e-5, name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_loss_is_that_of_transformers(architecture: str) -> None:
    model = tiny_model(architecture)
    examples = arith_examples(3)
    batch = collate(examples, [0, 1, 2])
    labels_BT = torch.full_like(batch.input_ids_BT, -100)
    labels_BT.flatten()[batch.index_N + 1] = batch.targets_N
    theirs = model(input_ids=batch.input_ids_BT, labels=labels_BT).loss
    ours = completion_loss(model, model.get_output_embeddings(), batch, num_targets=len(batch.targets_N))  # type: ignore[no-untyped-call]
    assert float(ours.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
