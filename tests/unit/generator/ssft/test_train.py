"""Training runs of a few steps: they learn, choose, stop, resume, and refuse what cannot be trained."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from evaluator.scoring import Scorer
from generator.ssft.recipe import SsftRecipe
from generator.ssft.train import train
from generator.ssft.validation import Validation
from reasoning.config import check_recipe
from reasoning.errors import InputError, QuorumError
from reasoning.model_folder import check_kind, check_model_folder, read_card
from reasoning.problems.arith import arith_problems
from reasoning.training.processes import Place
from reasoning.training.start import start_engine
from tests.tiny_models import ARCHITECTURES, save_tiny_model

SETTINGS: dict[str, Any] = {
    "model": {"architecture": "llama", "hidden_size": 32, "num_layers": 2, "num_heads": 2},
    "tokenizer": {"vocab_size": 400},
    "batch": {"tokens": 1024, "micro_tokens": 512},
    "optimizer": {"lr": 0.01, "warmup_steps": 2, "schedule": "constant"},
    "run": {"max_steps": 8, "log_every": 1, "checkpoint_every": 4},
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(row.to_json() + "\n" for row in arith_problems("train", limit=60)))
    return path


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    path = tmp_path / "validation.jsonl"
    path.write_text("".join(row.to_json() + "\n" for row in arith_problems("validation", limit=4)))
    return path


def recipe(path: Path, **changes: Any) -> SsftRecipe:
    """The settings above with others in their place; None takes one out."""
    fields = {**SETTINGS, "data": [{"path": str(path)}], **changes}
    return check_recipe(SsftRecipe, {k: v for k, v in fields.items() if v is not None}, "recipe")


def metrics(folder: Path, name: str) -> list[float]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line[name] for line in lines if name in line]


def weights(folder: Path) -> bytes:
    return (folder / "model" / "model.safetensors").read_bytes()


def test_a_run_learns_and_writes_a_model_folder(data: Path, tmp_path: Path) -> None:
    model = train(recipe(data, demonstration="sums"), tmp_path / "run")
    losses = metrics(tmp_path / "run", "loss")
    assert len(losses) == 8
    assert losses[-1] < losses[0] - 0.5
    check_model_folder(model)
    card = read_card(model)
    assert card is not None
    assert (card.kind, card.demonstration, card.chat) == ("generator", "sums", False)
    assert card.figures is not None
    assert card.figures["num_steps"] == 8
    assert card.recipe is not None
    assert card.recipe["optimizer"]["betas"] == [0.9, 0.999]
    assert list((tmp_path / "run" / "tensorboard").iterdir())


def test_a_model_that_only_reads_judges_by_likelihood(data: Path, tmp_path: Path) -> None:
    sources = [{"path": str(data), "prompt": "verdict"}]
    model = train(recipe(data, data=sources), tmp_path / "run")
    card = read_card(model)
    assert card is not None
    assert (card.kind, card.score) == ("evaluator", "likelihood")
    problem, *_ = arith_problems("train", limit=1)
    assert problem.solution is not None
    right, wrong = Scorer.from_pretrained(str(model), device="cpu").score(problem.problem, [problem.solution, "no"])
    assert right is not None
    assert wrong is not None
    assert 0 < right < 1
    mixed = train(recipe(data, data=[*sources, {"path": str(data)}]), tmp_path / "mixed")
    check_kind(mixed, "generator")


def test_a_done_run_is_not_run_again(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(recipe(data), tmp_path / "run")
    before = weights(tmp_path / "run")
    train(recipe(data), tmp_path / "run")
    assert "is there already" in capsys.readouterr().err
    train(recipe(data), tmp_path / "run", overwrite=True)
    assert weights(tmp_path / "run") == before


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_accumulated_and_packed_steps_are_the_same(architecture: str, data: Path, tmp_path: Path) -> None:
    start = str(save_tiny_model(tmp_path / "start", architecture))
    losses = []
    for name, batch in (("whole", {}), ("accumulated", {"micro_tokens": 256}), ("packed", {"packing": True})):
        run = recipe(data, model={"from": start}, tokenizer=None, batch={"tokens": 1024, **batch})
        train(run, tmp_path / name)
        losses.append(metrics(tmp_path / name, "loss"))
    assert losses[1] == pytest.approx(losses[0], abs=2e-3)
    assert losses[2] == pytest.approx(losses[0], abs=2e-3)
    assert losses[0][-1] < losses[0][0] - 0.5


def test_the_same_in_bf16_with_recomputed_layers(data: Path, tmp_path: Path) -> None:
    run = {**SETTINGS["run"], "precision": "bf16", "gradient_checkpointing": True}
    train(recipe(data), tmp_path / "plain")
    train(recipe(data, run=run), tmp_path / "changed")
    assert metrics(tmp_path / "changed", "loss") == pytest.approx(metrics(tmp_path / "plain", "loss"), abs=0.05)


def test_a_loss_that_is_not_finite(data: Path, tmp_path: Path) -> None:
    optimizer = {"lr": 1e30, "clip": None, "warmup_steps": 0}
    with pytest.raises(QuorumError, match=r"step \d: expected a finite loss, found nan; lower optimizer.lr"):
        train(recipe(data, optimizer=optimizer), tmp_path / "run")


def test_deepspeed_in_one_process(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("deepspeed")
    train(recipe(data), tmp_path / "plain")
    run = {**SETTINGS["run"], "deepspeed": {"zero_optimization": {"stage": 1}}}
    train(recipe(data, run=run), tmp_path / "deepspeed")
    assert metrics(tmp_path / "deepspeed", "loss") == pytest.approx(metrics(tmp_path / "plain", "loss"), abs=1e-4)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"bf16": {"enabled": True}}, "expected no bf16, which the recipe's batch"),
        ({"optimizer": {"type": "AdamW"}, "scheduler": {"type": "OneCycle"}}, "expected no optimizer, scheduler"),
        ("none.json", "none.json: expected DeepSpeed's JSON, found"),
    ],
)
def test_settings_of_deepspeed_that_are_the_recipes(config: object, message: str, data: Path, tmp_path: Path) -> None:
    pytest.importorskip("deepspeed")
    with pytest.raises(InputError, match=message):
        train(recipe(data, run={**SETTINGS["run"], "deepspeed": config}), tmp_path / "run")


def test_several_processes_need_settings(data: Path, tmp_path: Path) -> None:
    place = Place(rank=0, num_ranks=2, device=torch.device("cpu"))
    section = recipe(data)
    with pytest.raises(InputError, match="settings for 2 processes, found none; add --set"):
        start_engine(torch.nn.Linear(2, 2), optimizer=section.optimizer, run=section.run, place=place)


def test_adapters_are_merged_into_the_model(data: Path, tmp_path: Path) -> None:
    start = save_tiny_model(tmp_path / "start")
    train(recipe(data, model={"from": str(start)}, tokenizer=None, lora={"rank": 4}), tmp_path / "run")
    losses = metrics(tmp_path / "run", "loss")
    assert losses[-1] < losses[0] - 0.2
    old, new = (
        AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in (start, tmp_path / "run" / "model")
    )
    assert old.keys() == new.keys()
    changed = {name.split(".")[-2] for name in old if not torch.equal(old[name], new[name])}
    assert changed == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def test_the_best_checkpoint_is_chosen_and_training_stops(
    data: Path, problems: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = iter([0.2, 0.6, 0.6, 0.5, 0.9])
    exported = []

    def accuracy(self: Validation, folder: Path) -> float:
        exported.append((folder / "model.safetensors").read_bytes())
        return next(accuracies)

    monkeypatch.setattr(Validation, "accuracy", accuracy)
    validation = {"path": str(problems), "every": 1, "patience": 2}
    model = train(recipe(data, validation=validation), tmp_path / "run")
    assert metrics(tmp_path / "run", "validation_accuracy") == [0.2, 0.6, 0.6, 0.5]
    assert weights(tmp_path / "run") == exported[2]  # of two as good, the one trained longer
    card = read_card(model)
    assert card is not None
    assert card.figures is not None
    assert (card.figures["best_step"], card.figures["validation_accuracy"]) == (3, 0.6)
    assert [path.name for path in (tmp_path / "run" / "exports").iterdir()] == ["step-00000003"]


def test_validation_samples_the_exported_weights(data: Path, problems: Path, tmp_path: Path) -> None:
    run = {**SETTINGS["run"], "max_steps": 2}
    validation = {"path": str(problems), "every": 2, "max_tokens": 4}
    train(recipe(data, validation=validation, run=run), tmp_path / "run")
    assert metrics(tmp_path / "run", "validation_accuracy") == [0.0]


def test_a_validation_problem_in_the_training_data(data: Path, tmp_path: Path) -> None:
    validation = {"path": str(data)}
    with pytest.raises(InputError, match=r"train.jsonl:1: expected no validation problem in .*, found arith-train-0-0"):
        train(recipe(data, validation=validation), tmp_path / "run")


def test_an_interrupted_run_goes_on(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [{"path": str(data)}, {"path": str(data), "weight": 0.5, "limit": 20}]
    changes: dict[str, Any] = {"data": sources, "lora": {"dropout": 0.2}}
    train(recipe(data, **changes), tmp_path / "whole")
    steps = []

    def interrupt(*, seed: int, step: int, rank: int) -> None:
        steps.append(step)
        if len(steps) == 7:
            raise KeyboardInterrupt
        seed_step(seed=seed, step=step, rank=rank)

    from generator.ssft import train as module
    from reasoning.training.progress import seed_step

    monkeypatch.setattr(module, "seed_step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(recipe(data, **changes), tmp_path / "cut")
    train(recipe(data, **changes), tmp_path / "cut")
    assert steps == [0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7]
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    assert metrics(tmp_path / "cut", "loss") == metrics(tmp_path / "whole", "loss")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": {"max_tokens": 20}}, r"train.jsonl:1: expected at most 20 tokens, the context, found \d+; set"),
        ({"length": {"max_tokens": 20, "skip_too_long": True}}, r"found none; 60 were longer than the context"),
        ({"chat": True}, "chat: expected a tokenizer with a chat template"),
        ({"model": {"from": "/nowhere"}, "tokenizer": None}, "expected a tokenizer|expected a model folder"),
        ({"tokenizer": {"vocab_size": 260}}, "vocab_size: expected room for the label"),
        ({"validation": {"path": "/nowhere.jsonl"}}, "/nowhere.jsonl: expected a file or a folder"),
    ],
)
def test_what_cannot_be_trained(changes: dict[str, Any], message: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        train(recipe(data, **changes), tmp_path / "run")
    assert not (tmp_path / "run" / "model").exists()


def test_no_training_rows(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    start = save_tiny_model(tmp_path / "start")
    with pytest.raises(InputError, match=r"empty.jsonl: expected at least one row to train on, found none"):
        train(recipe(empty, model={"from": str(start)}, tokenizer=None), tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {}}, "exactly one of `from` and `architecture`"),
        ({"tokenizer": None}, "expected `tokenizer` with new weights"),
        ({"model": {"from": "x"}}, "expected no `tokenizer` with `model.from`"),
        (
            {"data": [{"path": "x", "prompt": "verdict"}], "validation": {"path": "y"}},
            "expected no `validation` by solving",
        ),
        ({"run": {}}, "exactly one of `max_steps` and `epochs`"),
        ({"run": {"max_steps": 1, "epochs": 1}}, "exactly one of `max_steps` and `epochs`"),
        ({"data": []}, "data: .*at least 1 item"),
        ({"optimiser": {}}, "optimiser; did you mean optimizer?"),
    ],
)
def test_recipes_that_are_none(changes: dict[str, Any], message: str, data: Path) -> None:
    with pytest.raises(InputError, match=message):
        recipe(data, **changes)
