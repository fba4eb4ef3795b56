"""`quorum train self-sampling`: killed at any moment it ends with the same bytes, and two processes do as one."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator.self_sampling.recipe import SelfSamplingRecipe
from generator.self_sampling.train import train
from reasoning.config import check_recipe
from tests.end_to_end import two_processes_self_sampling as two
from tests.sums import write_recipe

GONE_S = 600  # a limit for a machine that hangs
NUM_KILLS = 4
STEPS = 6
PROGRAM = Path(two.__file__)

# Imports once, then forks: each child runs the command and kills itself at a moment among those where a run touches
# the disk or takes a step, until one is left to the end.
UNDER_FIRE = """
import json, os, signal, sys
from generator.self_sampling import train as module
from quorum.cli import main

def armed(function, moment):
    def call(*args, **kwargs):
        moment[0] -= 1
        if moment[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call

def child(moment):
    for name in ("fsync", "replace", "unlink", "rmdir", "mkdir"):
        setattr(os, name, armed(getattr(os, name), moment))
    for name in ("seed_step", "_take_step"):
        setattr(module, name, armed(getattr(module, name), moment))
    os._exit(main(["train", "self-sampling", "--config", "recipe.yaml", "-o", sys.argv[1]]))

statuses = []
for kill in json.loads(sys.argv[2]):
    pid = os.fork()
    if not pid:
        child([kill])
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(json.dumps(statuses), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A recipe whose model writes programs already, right ones and others."""
    folder = tmp_path_factory.mktemp("self-sampling")
    first = write_recipe(folder, objective="mle", run={"max_steps": 40, "checkpoint_every": 40})
    train(check_recipe(SelfSamplingRecipe, first, "first"), folder / "first")
    recipe = {
        **first,
        "model": {"from": str(folder / "first" / "model")},
        "objective": "mle-aug",
        "sampling": {"max_tokens": 30, "num_samples": 2, "temperature": 1.2},
        "evaluation": {"path": str(folder / "test.jsonl"), "every": 3, "num_samples": 2, "max_tokens": 20},
        "optimizer": {"lr": 1e-3, "warmup_steps": 2},
        "run": {"max_steps": STEPS, "log_every": 1, "checkpoint_every": 2},
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    return folder, recipe


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=GONE_S)
    assert done.returncode == 0, done.stderr
    return done


def test_killed_at_random_moments(recipe: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = recipe
    moments = random.Random(3)
    kills = [moments.randrange(1, 45) for _ in range(NUM_KILLS)]
    command = [sys.executable, "-c", UNDER_FIRE]
    run([*command, "whole", "[0]"], folder)
    done = run([*command, "killed", json.dumps([*kills, 0])], folder)
    codes = json.loads(done.stderr.splitlines()[-1])
    assert codes[-1] == 0
    assert codes.count(-9) >= NUM_KILLS // 2, codes
    assert done.stdout.splitlines()[-1] == "killed/model"
    whole, killed = folder / "whole", folder / "killed"
    for name in ("buffers.jsonl", "model/model.safetensors", "model/quorum.json", "report/report.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    for path in sorted((whole / "evaluations").iterdir()):
        assert (killed / "evaluations" / path.name).read_bytes() == path.read_bytes(), path.name
    assert sorted(path.name for path in killed.iterdir()) == sorted(path.name for path in whole.iterdir())
    found = json.loads((whole / "report" / "report.json").read_text())["buffers"][-1]
    assert found["correct_per_problem"] > 1  # there is something that could have been lost
    assert metrics(killed, "loss") == metrics(whole, "loss")


def test_two_processes_keep_one_buffer(recipe: tuple[Path, dict[str, Any]]) -> None:
    """With a script that finds much, and with the engine, which under ZeRO 3 samples exported weights."""
    pytest.importorskip("deepspeed")
    folder, fields = recipe
    (folder / "recipe.json").write_text(json.dumps({**fields, "evaluation": None}))
    for name, is_scripted in two.RUNS.items():
        if "zero" not in name:
            two.train(name, folder=folder, is_scripted=is_scripted, stage=None)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", str(PROGRAM)]
    run(command, folder)
    for name, one in (("scripted-zero2", "scripted"), ("zero3", "one")):
        assert metrics(folder / name, "loss") == pytest.approx(metrics(folder / one, "loss"), rel=1e-4), name
        assert (folder / name / "buffers.jsonl").read_bytes() == (folder / one / "buffers.jsonl").read_bytes(), name
        checkpoint = folder / name / "checkpoints" / f"step-{STEPS:08d}"
        parts = [len(path.read_text().splitlines()) for path in sorted(checkpoint.glob("*buffers.jsonl"))]
        assert len(parts) == 2
        assert min(parts) > 0
        assert sum(parts) == 24
        names = ("samples/new_correct", "samples/new_partial", "correct_per_problem")
        assert [metrics(folder / name, n) for n in names] == [metrics(folder / one, n) for n in names]
    assert metrics(folder / "scripted", "samples/new_partial")[-1] > 0
    assert metrics(folder / "scripted", "samples/new_correct")[-1] > 0


def metrics(folder: Path, name: str) -> list[float]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line[name] for line in lines if name in line]
