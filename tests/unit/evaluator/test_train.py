"""A whole run: what it writes, what it refuses, and that a run cut off ends as one that was not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.model import VerdictModel
from evaluator.recipe import EvaluatorRecipe
from evaluator.train import train
from evaluator.validation import scored, within_and_overall
from reasoning.config import check_recipe
from reasoning.errors import InputError, QuorumError
from reasoning.model_folder import check_kind, read_card
from reasoning.tokenizer import load_tokenizer
from reasoning.training import loop
from reasoning.training.models import load_model
from reasoning.training.saving import save_checkpoint
from tests.graded_samples import make_groups, write_samples
from tests.tiny_models import save_tiny_model

Fields = dict[str, Any]
Make = Callable[..., EvaluatorRecipe]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a recipe over a small model and small data; keywords replace sections."""
    samples = write_samples(tmp_path / "samples.jsonl", 12)
    held_out = write_samples(tmp_path / "held-out.jsonl", 4, start=100)

    def made(architecture: str = "llama", *, splits_labels: bool = False, **sections: Fields) -> EvaluatorRecipe:
        folder = tmp_path / architecture
        if not folder.exists():
            save_tiny_model(folder, architecture, splits_labels=splits_labels, max_position_embeddings=512)
        fields: Fields = {
            "model": {"from": str(folder)},
            "data": {"paths": [str(samples)], "references": str(samples.with_suffix(".problems"))},
            "loss": {"cross_entropy": 1.0, "steps": 0.5},
            "validation": {"paths": [str(held_out)], "every": 2},
            "batch": {"tokens": 2000, "micro_tokens": 1000},
            "optimizer": {"lr": 1e-3, "warmup_steps": 1},
            "run": {"max_steps": 4, "checkpoint_every": 1, "log_every": 1},
        }
        return check_recipe(EvaluatorRecipe, fields | sections, "recipe.yaml")

    return made


def losses(folder: Path) -> list[float]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


@pytest.mark.parametrize(("architecture", "splits_labels"), [("llama", False), ("gpt_neo", True)])
def test_a_run(make: Make, architecture: str, splits_labels: bool, tmp_path: Path) -> None:
    model = train(make(architecture, splits_labels=splits_labels), tmp_path / "run")
    check_kind(model, "evaluator")
    card = read_card(model)
    assert card is not None
    assert card.label_audit is not None
    assert card.figures is not None
    assert card.label_audit["is_single"] is not splits_labels
    assert card.figures["balance"]["num_problems"] == 12
    assert card.figures["best_step"] in (2, 4)
    assert 0 <= card.figures["validation_auroc_within"] <= 1
    assert len(losses(tmp_path / "run")) == 4
    reader = VerdictModel(load_model(str(model)), load_tokenizer(str(model)))
    assert reader.logprobs("1 + 1?", ["#### 2"])[0] is not None


@pytest.mark.parametrize("loss", ["margin", "listwise", "sequence_contrastive"])
def test_it_learns(make: Make, loss: str, tmp_path: Path) -> None:
    recipe = make(
        loss={loss: 1.0},
        run={"max_steps": 12, "log_every": 1},
        data={"paths": [str(tmp_path / "samples.jsonl")], "limit": 4},
        optimizer={"lr": 3e-3, "warmup_steps": 1},
        validation=None,
    )
    train(recipe, tmp_path / "run")
    found = losses(tmp_path / "run")
    assert found[-1] < 0.8 * found[0]


def test_merged_and_plain_rows_train_alike(make: Make, tmp_path: Path) -> None:
    runs = []
    for merge in (True, False):
        batch = {"tokens": 100_000, "merge": merge}
        train(make(batch=batch, validation=None, run={"max_steps": 3, "log_every": 1}), tmp_path / f"{merge}")
        runs.append(losses(tmp_path / f"{merge}"))
    assert runs[0] == pytest.approx(runs[1], rel=1e-4)


def test_a_run_cut_off_ends_with_the_same_bytes(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(make(), tmp_path / "whole")
    steps = []

    def save_once(*arguments: Any) -> None:
        save_checkpoint(*arguments)
        steps.append(arguments)
        if len(steps) in (1, 3):
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", save_once)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train(make(), tmp_path / "cut")
    cut = train(make(), tmp_path / "cut")
    for name in ("model.safetensors", "quorum.json", "config.json", "tokenizer.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


def test_lora_and_bf16(make: Make, tmp_path: Path) -> None:
    run = {"max_steps": 2, "precision": "bf16", "gradient_checkpointing": True}
    model = train(make(lora={"rank": 2}, run=run), tmp_path / "run")
    assert VerdictModel(load_model(str(model)), load_tokenizer(str(model))).logprobs("1 + 1?", ["2"])[0] is not None


def test_problems_of_the_test_are_refused(make: Make, tmp_path: Path) -> None:
    problems = tmp_path / "samples.problems"
    data = {"paths": [str(tmp_path / "samples.jsonl")], "disjoint_from": [str(problems)]}
    with pytest.raises(InputError, match=r"expected no problem of .*samples.problems in .*samples.jsonl, found 12"):
        train(make(data=data, loss={"margin": 1.0}), tmp_path / "run")


def test_validation_on_training_problems_is_refused(make: Make, tmp_path: Path) -> None:
    validation = {"paths": [str(tmp_path / "samples.jsonl")]}
    with pytest.raises(InputError, match=r"expected no problem of validation in .*samples.jsonl, found"):
        train(make(validation=validation), tmp_path / "run")


def test_data_of_one_kind_is_refused(make: Make, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("".join(json.dumps(row | {"symbolic_correct": False}) + "\n" for row in rows))
    with pytest.raises(InputError, match=r"expected correct and incorrect samples, found 0 correct of"):
        train(make(data={"paths": [str(wrong)]}, loss={"cross_entropy": 1.0}), tmp_path / "run")


def test_steps_without_labels_are_refused(make: Make, tmp_path: Path) -> None:
    data = {"paths": [str(tmp_path / "samples.jsonl")]}
    with pytest.raises(InputError, match=r"loss.steps: expected step labels, found none; give data.references"):
        train(make(data=data), tmp_path / "run")


def test_candidates_longer_than_the_context(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected at most 60 tokens, the context, found .* set length.skip_too_long"):
        train(make(length={"max_tokens": 60}), tmp_path / "run")
    with pytest.raises(InputError, match="expected candidates that fit into 10 tokens, found none"):
        train(make(length={"max_tokens": 10, "skip_too_long": True}), tmp_path / "other")


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"loss": {"mle": 1.0}}, "expected a weight above 0 for one of margin"),
        ({"loss": {"crossentropy": 1.0}}, "found loss.crossentropy; did you mean cross_entropy?"),
        ({"model": {"architecture": "llama"}}, "expected `from`, the generator's folder, found new weights"),
    ],
)
def test_recipes_that_are_refused(make: Make, sections: Fields, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        make(**sections)


def test_validation_needs_problems_with_both_kinds(make: Make, tmp_path: Path) -> None:
    right = tmp_path / "right.jsonl"
    right.write_text('{"id": "a", "sample": 0, "problem": "1 + 1?", "generation": "2", "symbolic_correct": true}\n')
    with pytest.raises(InputError, match="expected problems with correct and incorrect samples, found none"):
        train(make(validation={"paths": [str(right)]}), tmp_path / "run")


def test_auroc_within_problems(make: Make) -> None:
    """A judge that only knows which problem is hard has AUROC 0.5 within problems, and more overall."""
    groups = make_groups(3)

    class Knows:
        def logprobs(self, problem: str, solutions: list[str]) -> list[tuple[float, float]]:
            return [(-1.0, -2.0) if problem == groups[0].problem else (-2.0, -1.0)] * len(solutions)

    problems: Any = scored(Knows(), groups)  # type: ignore[arg-type]
    assert within_and_overall(problems)[0] == 0.5


def test_a_loss_that_is_not_finite(make: Make, tmp_path: Path) -> None:
    optimizer = {"lr": 1e30, "clip": None, "warmup_steps": 0}
    with pytest.raises(QuorumError, match=r"step \d: expected a finite loss, found nan; lower optimizer.lr"):
        train(make(optimizer=optimizer, validation=None), tmp_path / "run")
    assert not (tmp_path / "run" / "model").exists()
