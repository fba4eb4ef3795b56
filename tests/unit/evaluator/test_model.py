"""Label log-probabilities are those of each prompt alone, however much is shared, padded or cached."""

import math
from typing import Any

import pytest
import torch
from torch.nn import functional

from evaluator.forward import cost_of
from evaluator.model import LikelihoodModel, VerdictModel
from evaluator.trees import Cost
from evaluator.verdict import tokens_of
from reasoning.prompts import LABELS, verdict_prefix, verdict_prompt
from tests.graded_samples import make_groups
from tests.tiny_models import ARCHITECTURES, tiny_model, tiny_tokenizer

(GROUP,) = make_groups(1, num_samples=12)
SOLUTIONS = [*(candidate.text for candidate in GROUP.candidates), "", "#### 7", "no", GROUP.candidates[0].text]
NEO_WINDOWS = (16, 512)  # shorter and longer than the prompts: plain rows, and merged ones


def models() -> list[Any]:
    cases = [pytest.param(name, {}, id=name) for name in ARCHITECTURES if name != "gpt_neo"]
    return [*cases, *(pytest.param("gpt_neo", {"window_size": w}, id=f"gpt_neo-{w}") for w in NEO_WINDOWS)]


def alone(model: Any, tokenizer: Any, solution: str) -> tuple[float, float]:
    """log p of the labels, from the whole model on whole strings, one at a time."""
    found = []
    for label in LABELS:
        prompt = tokens_of(tokenizer, verdict_prompt(GROUP.problem, solution))
        whole = tokens_of(tokenizer, verdict_prompt(GROUP.problem, solution) + label)
        with torch.inference_mode():
            logits = model(torch.tensor([whole])).logits[0].float()
        logprobs = functional.log_softmax(logits, dim=-1)
        found.append(sum(float(logprobs[i - 1, whole[i]]) for i in range(len(prompt), len(whole))))
    return found[0], found[1]


@pytest.mark.parametrize("splits_labels", [False, True])
@pytest.mark.parametrize(("architecture", "config"), models())
def test_equal_to_one_at_a_time(architecture: str, config: dict[str, Any], splits_labels: bool) -> None:
    tokenizer = tiny_tokenizer(splits_labels=splits_labels)
    model = tiny_model(architecture, tokenizer, max_position_embeddings=1024, **config)
    together = VerdictModel(model, tokenizer).logprobs(GROUP.problem, SOLUTIONS)
    for found, solution in zip(together, SOLUTIONS, strict=True):
        assert found is not None
        assert found == pytest.approx(alone(model, tokenizer, solution), abs=1e-5 * 20)  # sums of up to 20 numbers


@pytest.mark.parametrize(("architecture", "config"), models())
def test_scores_are_equal_within_1e_5(architecture: str, config: dict[str, Any]) -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model(architecture, tokenizer, **config)
    together = VerdictModel(model, tokenizer).logprobs(GROUP.problem, SOLUTIONS)
    plain = VerdictModel(model, tokenizer, cost=Cost(1.0, 0.0, 0))
    for found, solution in zip(together, SOLUTIONS, strict=True):
        (single,) = plain.logprobs(GROUP.problem, [solution])
        assert found is not None
        assert single is not None
        assert found == pytest.approx(single, abs=1e-5)


@pytest.mark.parametrize("architecture", ["llama", "gpt_neo"])
def test_likelihoods_are_those_of_each_solution_alone(architecture: str) -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model(architecture, tokenizer, max_position_embeddings=1024)
    reader = LikelihoodModel(model, tokenizer)
    together = reader.logprobs(GROUP.problem, SOLUTIONS)
    head = tokens_of(tokenizer, verdict_prefix(GROUP.problem).rstrip(" "))
    for found, solution in zip(together, SOLUTIONS, strict=True):
        whole = [*head, *tokens_of(tokenizer, f" {solution}", special=False), tokenizer.eos_token_id]
        with torch.inference_mode():
            logprobs = functional.log_softmax(model(torch.tensor([whole])).logits[0].float(), dim=-1)
        assert found == pytest.approx(
            sum(float(logprobs[i - 1, whole[i]]) for i in range(len(head), len(whole))), rel=1e-5
        )
    assert reader.scores(GROUP.problem, SOLUTIONS) == [pytest.approx(math.exp(found)) for found in together if found]
    assert LikelihoodModel(model, tokenizer, max_tokens=5).scores(GROUP.problem, ["#### 7"]) == [None]


@pytest.mark.parametrize("tokens_per_batch", [1, 300, 100_000])
@pytest.mark.parametrize("per_pair", [0.0, 1.0, 1e6])
def test_neither_rows_nor_batches_nor_the_cache_change_anything(per_pair: float, tokens_per_batch: int) -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model("llama", tokenizer)
    expected = VerdictModel(model, tokenizer, cost=Cost(1.0, 0.0, 0)).logprobs(GROUP.problem, SOLUTIONS)
    cost = Cost(1.0, per_pair, 4096)  # one tree; a few; a row for each solution
    reader = VerdictModel(model, tokenizer, cost=cost, tokens_per_batch=tokens_per_batch)
    found = reader.logprobs(GROUP.problem, SOLUTIONS)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_what_is_shared_goes_through_the_model_once() -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model("llama", tokenizer)
    prompts = {text: tokens_of(tokenizer, verdict_prompt(GROUP.problem, text)) for text in SOLUTIONS}
    reader = VerdictModel(model, tokenizer, cost=Cost(1.0, 0.0, 4096))
    reader.logprobs(GROUP.problem, SOLUTIONS)
    assert reader.reader.num_tokens == len({tokens[: i + 1] for tokens in prompts.values() for i in range(len(tokens))})


def test_too_long_is_none() -> None:
    tokenizer = tiny_tokenizer()
    model = tiny_model("llama", tokenizer)
    found = VerdictModel(model, tokenizer).logprobs(GROUP.problem, ["#### 7", "1 " * 256, "#### 7"])
    assert found[1] is None
    assert found[0] == found[2] is not None
    assert VerdictModel(model, tokenizer, max_tokens=5).logprobs(GROUP.problem, ["#### 7"]) == [None]
    assert VerdictModel(model, tokenizer).logprobs(GROUP.problem, []) == []


def test_windows_and_stored_masks_limit_what_is_merged() -> None:
    assert cost_of(tiny_model("gpt_neo", window_size=100)).max_nodes == 100
    assert cost_of(tiny_model("gpt_neo", window_size=500)).max_nodes == 256
    assert cost_of(tiny_model("llama")).max_nodes > 1000


def test_an_architecture_that_cannot_take_trees_gets_plain_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = tiny_model("llama")
    forward = model.forward

    def without_mask(**arguments: Any) -> Any:
        return forward(**arguments | {"attention_mask": None})

    monkeypatch.setattr(model, "forward", without_mask)
    assert cost_of(model).max_nodes == 0
