"""The step's loss is the same however it is computed: merged or in plain rows, at once or in parts."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from evaluator.data import Group
from evaluator.forward import cost_of
from evaluator.items import make_item
from evaluator.losses import LOG_2, cross_entropy_loss, margin_loss
from evaluator.objective import Objective, counts_of
from evaluator.recipe import EvaluatorRecipe
from evaluator.trees import Cost
from evaluator.verdict import VerdictTokens, audit_labels, tokens_of
from reasoning.prompts import solution_prompt
from tests.graded_samples import make_groups
from tests.tiny_models import ARCHITECTURES, tiny_model, tiny_tokenizer

GROUPS = make_groups(4, num_samples=4)
PLAIN = Cost(1.0, 0.0, 0)
LOSSES: list[dict[str, Any]] = [
    {"margin": 1.0},
    {"cross_entropy": 1.0, "weight_by_count": True},
    {"listwise": 1.0},
    {"steps": 1.0},
    {"steps": 1.0, "steps_at": "tokens", "reading": 0.5},
    {"sequence_contrastive": 1.0, "mle": 0.5},
    {"margin": 1.0, "mle": 0.1},
    {"margin": 0.5, "cross_entropy": 1.0, "listwise": 0.3, "steps": 0.5, "mle": 0.1, "sequence_contrastive": 0.2},
]


def recipe_of(loss: dict[str, Any]) -> EvaluatorRecipe:
    fields = {"model": {"from": "x"}, "data": {"paths": ["x"]}, "run": {"max_steps": 1}, "loss": loss}
    return EvaluatorRecipe.model_validate(fields)


def loss_and_gradient(
    model: Any, tokenizer: Any, loss: dict[str, Any], cost: Cost, batches: Sequence[Sequence[Group]]
) -> tuple[float, Tensor]:
    """The sum of the batches' losses, and its gradient."""
    recipe = recipe_of(loss)
    verdict = VerdictTokens(tokenizer, audit_labels(tokenizer))
    objective = Objective(recipe.loss, verdict.audit, cost, torch.device("cpu"), torch.float32)
    items = [[make_item(group, verdict, recipe) for group in batch] for batch in batches]
    counts = counts_of([item for batch in items for item in batch], recipe.loss)
    model.zero_grad()
    total = 0.0
    for batch in items:
        part = objective(model, model.get_output_embeddings(), batch, counts)
        part.backward()  # type: ignore[no-untyped-call]
        total += part.item()
    gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    return total, gradient


def assert_alike(one: tuple[float, Tensor], other: tuple[float, Tensor]) -> None:
    assert one[0] == pytest.approx(other[0], rel=1e-5)
    assert float(one[1].norm()) > 0
    torch.testing.assert_close(one[1], other[1], rtol=1e-3, atol=1e-5 * float(other[1].abs().max()))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: "+".join(loss))
def test_merged_and_plain_rows_give_one_gradient(loss: dict[str, Any]) -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model("llama", tokenizer)
    merged = loss_and_gradient(model, tokenizer, loss, cost_of(model), [GROUPS])
    assert_alike(merged, loss_and_gradient(model, tokenizer, loss, PLAIN, [GROUPS]))


@pytest.mark.parametrize("splits_labels", [False, True])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("window_size", [16, 1024])
def test_on_architectures(architecture: str, window_size: int, splits_labels: bool) -> None:
    tokenizer = tiny_tokenizer(splits_labels=splits_labels)
    config = {"window_size": window_size} if architecture == "gpt_neo" else {}
    model = tiny_model(architecture, tokenizer, max_position_embeddings=1024, **config)
    merged = loss_and_gradient(model, tokenizer, LOSSES[-1], cost_of(model), [GROUPS[:2]])
    assert_alike(merged, loss_and_gradient(model, tokenizer, LOSSES[-1], PLAIN, [GROUPS[:2]]))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: "+".join(loss))
def test_parts_add_up_to_the_step(loss: dict[str, Any]) -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model("llama", tokenizer)
    cost = cost_of(model)
    whole = loss_and_gradient(model, tokenizer, loss, cost, [GROUPS])
    assert_alike(whole, loss_and_gradient(model, tokenizer, loss, cost, [GROUPS[:1], GROUPS[1:]]))


def test_against_the_losses_themselves() -> None:
    """One problem, its candidates each through the whole model alone."""
    tokenizer = tiny_tokenizer()
    model: Any = tiny_model("llama", tokenizer)
    group = GROUPS[0]
    verdict = VerdictTokens(tokenizer, audit_labels(tokenizer))
    rows = []
    for question in verdict.questions(group.problem, [candidate.text for candidate in group.candidates]):
        logits = model(torch.tensor([question.tokens])).logits[0, -1]
        rows.append(torch.log_softmax(logits, dim=-1)[[tokens[0] for tokens in verdict.audit.tokens]])
    logprobs = torch.stack(rows)
    labels = torch.tensor([candidate.is_correct for candidate in group.candidates])
    found, _ = loss_and_gradient(model, tokenizer, {"cross_entropy": 1.0}, cost_of(model), [[group]])
    assert found == pytest.approx(cross_entropy_loss(logprobs, labels).item() / len(labels), rel=1e-5)
    pairs = torch.tensor([[0, wrong] for wrong in range(1, len(labels))])
    found, _ = loss_and_gradient(model, tokenizer, {"margin": 1.0}, cost_of(model), [[group]])
    assert found == pytest.approx(margin_loss(logprobs, pairs).item() / len(pairs), rel=1e-5)


def test_joint_with_maximum_likelihood() -> None:
    """Eq. 10 to 13: log p(X | P) of each solution behind the generator's prompt, from the whole model alone."""
    tokenizer = tiny_tokenizer()
    model: Any = tiny_model("llama", tokenizer)
    group = GROUPS[0]
    prompt = tokens_of(tokenizer, solution_prompt(group.problem))
    sums, num_tokens = [], []
    for candidate in group.candidates:
        completion = (*tokens_of(tokenizer, candidate.text), tokenizer.eos_token_id)
        logprobs = torch.log_softmax(model(torch.tensor([prompt + completion])).logits[0], dim=-1)
        places = range(len(prompt) - 1, len(prompt) + len(completion) - 1)
        sums.append(sum(logprobs[place, token].item() for place, token in zip(places, completion, strict=True)))
        num_tokens.append(len(completion))
    mle = -sums[0] / num_tokens[0]  # of the reference, the only correct candidate
    hinges = [max(0.0, wrong - sums[0] + LOG_2) for wrong in sums[1:]]
    cost = cost_of(model)
    contrast = {"sequence_contrastive": 1.0, "mle": 0.5}
    found, _ = loss_and_gradient(model, tokenizer, contrast, cost, [[group]])
    assert found == pytest.approx(sum(hinges) / len(hinges) + 0.5 * mle, rel=1e-4)
    for term in ("margin", "cross_entropy"):
        alone, _ = loss_and_gradient(model, tokenizer, {term: 1.0}, cost, [[group]])
        joint, _ = loss_and_gradient(model, tokenizer, {term: 1.0, "mle": 0.25}, cost, [[group]])
        assert joint == pytest.approx(alone + 0.25 * mle, rel=1e-4)


def test_a_batch_without_units_still_gives_every_weight_a_gradient() -> None:
    tokenizer = tiny_tokenizer()
    model: Any = tiny_model("llama", tokenizer)
    one_kind = Group("x", "1 + 1?", GROUPS[0].candidates[:1])
    loss, gradient = loss_and_gradient(model, tokenizer, {"margin": 1.0}, cost_of(model), [[one_kind]])
    assert loss == 0.0
    assert len(gradient) == sum(p.numel() for p in model.parameters())
