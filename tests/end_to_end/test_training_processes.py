"""Training by two processes under torchrun is training by one: the same losses, the same weights but for rounding."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from generator.ssft.recipe import SsftRecipe
from generator.ssft.train import train
from reasoning.config import check_recipe
from reasoning.problems.arith import arith_problems
from tests.tiny_models import save_tiny_model

GONE_S = 600  # a limit for a machine that hangs
PROGRAM = Path(__file__).with_name("two_processes.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs: one by this process, the others by two."""
    pytest.importorskip("deepspeed")
    folder = tmp_path_factory.mktemp("processes")
    data = folder / "train.jsonl"
    data.write_text("".join(row.to_json() + "\n" for row in arith_problems("train", limit=100)))
    recipe = {
        "model": {"from": str(save_tiny_model(folder / "start"))},
        "data": [{"path": str(data)}],
        "length": {"max_tokens": 200, "skip_too_long": True},
        "batch": {"tokens": 1500, "micro_tokens": 400},  # an odd number of batches a step: one process has one less
        "optimizer": {"lr": 1e-2, "warmup_steps": 2},
        "run": {"max_steps": 8, "log_every": 1, "checkpoint_every": 3},
    }
    (folder / "recipe.json").write_text(json.dumps(recipe))
    train(check_recipe(SsftRecipe, recipe, "recipe"), folder / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", str(PROGRAM)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=GONE_S)
    assert done.returncode == 0, done.stderr
    return folder


def metrics(run: Path, name: str) -> list[float]:
    return [json.loads(line)[name] for line in (run / "metrics.jsonl").read_text().splitlines()]


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "model" / "model.safetensors")


@pytest.mark.parametrize("stage", [0, 2, 3])
def test_two_processes_learn_as_one(stage: int, folder: Path) -> None:
    losses = metrics(folder / "one", "loss")
    assert metrics(folder / f"zero{stage}", "loss") == pytest.approx(losses, abs=1e-4)
    assert losses[-1] < losses[0] - 0.1
    norms = metrics(folder / "one", "gradient_norm")
    assert metrics(folder / f"zero{stage}", "gradient_norm") == pytest.approx(norms, rel=1e-3)
    one, two = weights(folder / "one"), weights(folder / f"zero{stage}")
    start = load_file(folder / "start" / "model.safetensors")
    assert one.keys() == two.keys()
    for name in one:
        changed = (one[name] - start[name]).norm()
        assert (one[name] - two[name]).norm() <= 0.02 * changed, name


def test_sharded_adapters_in_bf16_are_merged(folder: Path) -> None:
    start, merged = load_file(folder / "start" / "model.safetensors"), weights(folder / "adapters")
    changed = {
        name.split(".")[-2] for name in start if not torch.equal(start[name].bfloat16(), merged[name].bfloat16())
    }
    assert changed == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    losses = metrics(folder / "adapters", "loss")
    assert losses[-1] < losses[0] - 0.05


def test_a_resumed_sharded_run_ends_with_the_same_bytes(folder: Path) -> None:
    whole, resumed = (folder / name / "model" / "model.safetensors" for name in ("zero3", "resumed"))
    assert resumed.read_bytes() == whole.read_bytes()
    assert metrics(folder / "resumed", "loss") == metrics(folder / "zero3", "loss")
